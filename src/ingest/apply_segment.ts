import { Buffer } from 'node:buffer';
import { bin } from '../core/kql/bin.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { RecordFormat } from '../core/records/reading.ts';
import type { Report, Source } from '../core/records/report.ts';
import { addCounters, NO_COUNTERS } from '../reading/counters.ts';
import { KEPT_BYTES, MAX_LINE_BYTES, readLines } from '../reading/line_reader.ts';
import { type BatchReading, type LocatedReport, ReportReader } from '../reading/report_reader.ts';
import { blockOf, contributionOf, reportsOf, segmentIdOf } from '../storage/keys.ts';
import type { DeadLetter, DeadLetterWriter } from '../storage/ports/dead_letters.ts';
import type { Counters, ExportState } from '../storage/ports/export_states.ts';
import type { ExportStore } from '../storage/ports/exports.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { BatchWriter, type PlacedRefusal, type PlacedRow } from './batch_writer.ts';
import { isSettled, lastEnd, type Segment } from './export_state.ts';
import { RawHours } from './raw_event_counter.ts';
import { tailOf } from './segment_cutter.ts';

/** Which reports are stored; raw events by the start of their hour, so that an hour is stored whole, whenever it is read. */
export interface Kept {
  /** Reports no newer than this are older than what is kept. */
  readonly after: Timestamp;
  /** Reports newer than this come from a clock that is wrong: they would wait for their window for years. */
  readonly upTo: Timestamp;
}

export interface Applied {
  readonly counters: Counters;
  readonly recognised: boolean;
  /** A source that is not active, of which its head holds a record; null where none was met. */
  readonly otherSource: Source | null;
  readonly rows: number;
}

/** A segment that was claimed. */
export interface Work {
  readonly state: ExportState;
  readonly segment: Segment;
  /** Whether somebody may have been at it before. */
  readonly repeat: boolean;
  /** Where raw events are counted in other blocks than usual. */
  readonly blockBytes?: number;
  /** Notes that raw events of the export are stored from now on; false where somebody else went on. */
  readonly noteRaw: () => Promise<boolean>;
}

/** Why a segment is left: of no active source's format; another content stands in its place by now; somebody else went on. */
export type Left = { readonly foreign: true; readonly otherSource: Source | null } | 'replaced' | 'lost';

/**
 * Reads one segment of an export and merges it: its rows, then its dead letters. Doing it again, by whomever, writes
 * the same. Of one that is left no dead letter is kept. Throws what the stores throw, when nothing of it is on its way
 * any more.
 */
export async function applySegment(
  stores: Pick<Stores, 'exports' | 'hourlyCounts' | 'deadLetters'>,
  formats: readonly RecordFormat[],
  claim: Work,
  kept: Kept,
): Promise<Applied | Left> {
  const { state, segment, repeat } = claim;
  const segmentId = segmentIdOf(state, state.generation, segment.start, segment.end);
  const letters = stores.deadLetters.open(segmentId, { repeat });
  const work = new SegmentWork(stores, claim, letters, kept);
  try {
    const { recognised, counters } = state;
    const before = { recognised, settled: isSettled(state), lines: counters.lines, start: segment.start };
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
      await work.take(reading);
      if (work.left !== null) break;
    }
    await work.send();
    const { foreign, otherSource } = reader;
    const left = work.left ?? (foreign ? { foreign, otherSource } : null);
    if (left === null) return await work.finish(reader);
    await work.abandon();
    return left;
  } catch (error) {
    await work.abandon();
    throw error;
  }
}

class SegmentWork {
  readonly #exports: ExportStore;
  readonly #state: ExportState;
  readonly #letters: DeadLetterWriter;
  readonly #kept: Kept;
  readonly #merger: BatchWriter;
  readonly #raw: RawHours;
  readonly #noteRaw: () => Promise<boolean>;
  /** Held to the end: they come as the transactions do, and a writing of letters must be the same each time. */
  readonly #refusals: PlacedRefusal[] = [];
  #counters: Counters = NO_COUNTERS;
  /** Why the segment is left, once that is known. */
  left: 'replaced' | 'lost' | null = null;

  constructor(stores: Pick<Stores, 'exports' | 'hourlyCounts'>, claim: Work, letters: DeadLetterWriter, kept: Kept) {
    const { state, segment, blockBytes, noteRaw } = claim;
    this.#exports = stores.exports;
    this.#state = state;
    this.#letters = letters;
    this.#kept = kept;
    this.#noteRaw = noteRaw;
    const block = (from: number): string => blockOf(state, state.generation, from, segment.end);
    this.#raw = new RawHours(segment.start, block, blockBytes);
    this.#merger = new BatchWriter(stores.hourlyCounts, async (refusal) => {
      this.#refusals.push(refusal);
    });
  }

  async take({ reports, letters, counters }: BatchReading): Promise<void> {
    this.#count(counters);
    const future: DeadLetter[] = [];
    for (const located of reports) {
      const time = timeOf(located.report);
      if (time <= this.#kept.after) this.#count({ ...NO_COUNTERS, reports: -1, expired: 1 });
      else if (time > this.#kept.upTo) future.push(futureLetter(this.#state, located));
      else await this.#merge(located);
    }
    this.#count({ ...NO_COUNTERS, reports: -future.length, deadLetters: future.length });
    await this.#add([...letters, ...future]);
  }

  /** Sends what is left of the rows; to be called when everything is read. */
  async send(): Promise<void> {
    await this.#mergeHours(this.#raw.close());
    await this.#merger.finish();
    if (this.left === null && (await this.#isReplaced())) this.left = 'replaced';
  }

  async finish({ recognised, otherSource }: ReportReader): Promise<Applied> {
    const refused = this.#refusals.map((refusal) => letterOf(this.#state, refusal));
    const reports = this.#refusals.reduce((sum, { row }) => sum + reportsOf(row), 0);
    this.#count({ ...NO_COUNTERS, reports: -reports, deadLetters: refused.length });
    await this.#add(refused);
    await this.#letters.close();
    return { counters: this.#counters, recognised, otherSource, rows: this.#merger.rows };
  }

  async abandon(): Promise<void> {
    await this.#merger.settle();
    await this.#letters.abort();
  }

  async #merge(located: LocatedReport): Promise<void> {
    const { report } = located;
    if (report.identity === null) await this.#mergeHours(this.#raw.add(located));
    else await this.#merger.add(contributionOf(report, report.identity), located);
  }

  /**
   * A report is the same row wherever it is read. What raw events add to an hour is that of one content of one segment:
   * so it is stored only where that content still stands when it has been read, and the row of the export says so first.
   */
  async #mergeHours(rows: readonly PlacedRow[]): Promise<void> {
    if (rows.length === 0 || this.left !== null) return;
    if (await this.#isReplaced()) this.left = 'replaced';
    else if (!(await this.#noteRaw())) this.left = 'lost';
    else for (const { row, place } of rows) await this.#merger.add(row, place);
  }

  /** Asked after a reading: so what was read is what was claimed. */
  async #isReplaced(): Promise<boolean> {
    const info = await this.#exports.info(this.#state);
    if (info === null || info.created !== this.#state.created) return true;
    return (await tailOf(this.#exports, this.#state, lastEnd(this.#state))) !== this.#state.tail;
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

/** By what it is decided whether a report is stored. */
function timeOf({ identity, Timestamp }: Report): Timestamp {
  return identity === null ? bin(Timestamp, '1h') : Timestamp;
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
