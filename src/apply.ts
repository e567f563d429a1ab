import { Buffer } from 'node:buffer';
import type { Format } from './core/reading.ts';
import type { Timestamp } from './core/timestamp.ts';
import { addCounters, NO_COUNTERS } from './counters.ts';
import type { Segment } from './export_state.ts';
import { contributionOf, segmentIdOf } from './keys.ts';
import { KEPT_BYTES, MAX_LINE_BYTES, readLines } from './lines.ts';
import { Merger, type PlacedRefusal } from './merger.ts';
import type { Counters, DeadLetter, DeadLetterWriter, ExportState, Stores } from './ports.ts';
import { type LocatedReport, ReportReader } from './reports.ts';

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
  /** Of no known format: nothing of it was kept. */
  readonly foreign: boolean;
  readonly rows: number;
}

/**
 * Reads one segment of an export and merges it: its rows, then its dead letters. Doing it again, by whomever, writes
 * the same. Throws what the stores throw, when nothing of it is on its way any more.
 */
export async function applySegment(
  stores: Pick<Stores, 'exports' | 'hourlyCounts' | 'deadLetters'>,
  formats: readonly Format[],
  state: ExportState,
  segment: Segment,
  kept: Kept,
): Promise<Applied> {
  const segmentId = segmentIdOf(state, state.generation, segment.start, segment.end);
  const letters = stores.deadLetters.open(segmentId, { repeat: true });
  const work = new SegmentWork(stores, state, letters, kept);
  try {
    const before = { recognised: state.recognised, lines: state.counters.lines };
    const reader = new ReportReader(state, formats, before);
    const options = {
      needles: formats.map((format) => format.needle),
      maxLineBytes: MAX_LINE_BYTES,
      start: segment.start,
      tail: 'line',
      probe: reader.probe,
    } as const;
    for await (const batch of readLines(stores.exports.read(state, segment.start, segment.end), options)) {
      const reading = reader.read(batch);
      if (reader.foreign) return await work.forget();
      await work.take(reading.reports, reading.letters, reading.counters);
    }
    return await work.finish(reader.recognised);
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
  #counters: Counters = NO_COUNTERS;

  constructor(stores: Pick<Stores, 'hourlyCounts'>, state: ExportState, letters: DeadLetterWriter, kept: Kept) {
    this.#state = state;
    this.#letters = letters;
    this.#kept = kept;
    this.#merger = new Merger(stores.hourlyCounts, (refusal) => this.#bury(letterOf(this.#state, refusal)));
  }

  async take(reports: readonly LocatedReport[], letters: readonly DeadLetter[], counters: Counters): Promise<void> {
    this.#count(counters);
    for (const letter of letters) await this.#letters.add(letter);
    for (const located of reports) {
      const { report } = located;
      if (report.Timestamp <= this.#kept.after) this.#count({ ...NO_COUNTERS, reports: -1, expired: 1 });
      else if (report.Timestamp > this.#kept.upTo) await this.#bury(futureLetter(this.#state, located));
      else await this.#merger.add(contributionOf(report), located);
    }
  }

  async finish(recognised: boolean): Promise<Applied> {
    await this.#merger.finish();
    await this.#letters.close();
    return { counters: this.#counters, recognised, foreign: false, rows: this.#merger.rows };
  }

  async forget(): Promise<Applied> {
    await this.abandon();
    return { counters: NO_COUNTERS, recognised: false, foreign: true, rows: 0 };
  }

  async abandon(): Promise<void> {
    await this.#merger.settle();
    await this.#letters.abort();
  }

  /** A report that was read after all becomes a dead letter. */
  async #bury(letter: DeadLetter): Promise<void> {
    this.#count({ ...NO_COUNTERS, reports: -1, deadLetters: 1 });
    await this.#letters.add(letter);
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
