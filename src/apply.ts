import { Buffer } from 'node:buffer';
import type { Format } from './core/reading.ts';
import type { Timestamp } from './core/timestamp.ts';
import { addCounters, NO_COUNTERS } from './counters.ts';
import { lastEnd, type Segment } from './export_state.ts';
import { contributionOf, segmentIdOf } from './keys.ts';
import { KEPT_BYTES, MAX_LINE_BYTES, readLines } from './lines.ts';
import { Merger, type PlacedRefusal } from './merger.ts';
import type { Counters, DeadLetter, DeadLetterWriter, ExportState, Stores } from './ports.ts';
import { type LocatedReport, ReportReader } from './reports.ts';
import { tailOf } from './segment.ts';

/** Which reports are stored. */
export interface Kept {
  /** Reports no newer than this are older than what is kept. */
  readonly after: Timestamp;
  /** Reports newer than this come from a clock that is wrong: they would wait for their window for years. */
  readonly upTo: Timestamp;
}

export interface Applied {
  readonly counters: Counters;
  readonly recognised: boolean;
  readonly rows: number;
}

/** A segment that was claimed. */
export interface Work {
  readonly state: ExportState;
  readonly segment: Segment;
  /** Whether somebody may have been at it before. */
  readonly repeat: boolean;
}

/**
 * Reads one segment of an export and merges it: its rows, then its dead letters. Doing it again, by whomever, writes
 * the same. 'foreign' where it is of no known format, 'replaced' where another content stands in its place by now: of
 * both no dead letter is kept. Throws what the stores throw, when nothing of it is on its way any more.
 */
export async function applySegment(
  stores: Pick<Stores, 'exports' | 'hourlyCounts' | 'deadLetters'>,
  formats: readonly Format[],
  { state, segment, repeat }: Work,
  kept: Kept,
): Promise<Applied | 'foreign' | 'replaced'> {
  const segmentId = segmentIdOf(state, state.generation, segment.start, segment.end);
  const letters = stores.deadLetters.open(segmentId, { repeat });
  const work = new SegmentWork(stores, state, letters, kept);
  try {
    const before = { recognised: state.recognised, lines: state.counters.lines, start: segment.start };
    const reader = new ReportReader(refOf(state), formats, before);
    const options = {
      needles: formats.map((format) => format.needle),
      maxLineBytes: MAX_LINE_BYTES,
      start: segment.start,
      tail: 'line',
      probe: reader.probe,
    } as const;
    for await (const batch of readLines(stores.exports.read(state, segment.start, segment.end), options)) {
      const reading = reader.read(batch);
      if (reader.foreign) break;
      await work.take(reading.reports, reading.letters, reading.counters);
    }
    await work.send();
    // Asked after the reading: so what was read is what was claimed.
    const isReplaced = (await tailOf(stores.exports, state, lastEnd(state))) !== state.tail;
    if (!isReplaced && !reader.foreign) return await work.finish(reader.recognised);
    await work.abandon();
    return isReplaced ? 'replaced' : 'foreign';
  } catch (error) {
    await work.abandon();
    throw error;
  }
}

class SegmentWork {
  readonly #state: ExportState;
  readonly #letters: DeadLetterWriter;
  readonly #kept: Kept;
  readonly #merger: Merger;
  /** Held to the end: they come as the transactions do, and a writing of letters must be the same each time. */
  readonly #refusals: PlacedRefusal[] = [];
  #counters: Counters = NO_COUNTERS;

  constructor(stores: Pick<Stores, 'hourlyCounts'>, state: ExportState, letters: DeadLetterWriter, kept: Kept) {
    this.#state = state;
    this.#letters = letters;
    this.#kept = kept;
    this.#merger = new Merger(stores.hourlyCounts, async (refusal) => {
      this.#refusals.push(refusal);
    });
  }

  async take(reports: readonly LocatedReport[], letters: readonly DeadLetter[], counters: Counters): Promise<void> {
    this.#count(counters);
    const future: DeadLetter[] = [];
    for (const located of reports) {
      const { report } = located;
      if (report.Timestamp <= this.#kept.after) this.#count({ ...NO_COUNTERS, reports: -1, expired: 1 });
      else if (report.Timestamp > this.#kept.upTo) future.push(futureLetter(this.#state, located));
      else await this.#merger.add(contributionOf(report), located);
    }
    this.#count({ ...NO_COUNTERS, reports: -future.length, deadLetters: future.length });
    await this.#add([...letters, ...future]);
  }

  /** Sends what is left of the rows. */
  async send(): Promise<void> {
    await this.#merger.finish();
  }

  async finish(recognised: boolean): Promise<Applied> {
    const refused = this.#refusals.map((refusal) => letterOf(this.#state, refusal));
    this.#count({ ...NO_COUNTERS, reports: -refused.length, deadLetters: refused.length });
    await this.#add(refused);
    await this.#letters.close();
    return { counters: this.#counters, recognised, rows: this.#merger.rows };
  }

  async abandon(): Promise<void> {
    await this.#merger.settle();
    await this.#letters.abort();
  }

  /** In order of place: so however the bytes came in, the letters of a segment are the same. */
  async #add(letters: readonly DeadLetter[]): Promise<void> {
    for (const letter of letters.toSorted((a, b) => a.offset - b.offset || a.record - b.record)) {
      await this.#letters.add(letter);
    }
  }

  #count(counters: Counters): void {
    this.#counters = addCounters(this.#counters, counters);
  }
}

function letterOf(state: ExportState, { row, code, place }: PlacedRefusal): DeadLetter {
  const bytes = Buffer.from(JSON.stringify(row)).subarray(0, KEPT_BYTES);
  return { ...placeOf(place), export: refOf(state), reason: 'refused-row', code, bytes };
}

function futureLetter(state: ExportState, located: LocatedReport): DeadLetter {
  const bytes = Buffer.from(JSON.stringify(located.report)).subarray(0, KEPT_BYTES);
  return { ...placeOf(located), export: refOf(state), reason: 'time-in-future', bytes };
}

function placeOf({ offset, length, record }: DeadLetter | LocatedReport | PlacedRefusal['place']) {
  return { offset, length, record };
}

function refOf({ container, name }: ExportState) {
  return { container, name };
}
