import { Buffer } from 'node:buffer';
import { bin, type Hour } from '../core/kql/bin.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { type Day, dayOf } from '../core/records/day.ts';
import type { RecordFormat } from '../core/records/reading.ts';
import type { Report, Source } from '../core/records/report.ts';
import { addCounters, NO_COUNTERS } from '../reading/counters.ts';
import { KEPT_LETTERS } from '../reading/faulty_lines.ts';
import { KEPT_BYTES, MAX_LINE_BYTES, readLines } from '../reading/line_reader.ts';
import type { LocatedReport } from '../reading/located_report.ts';
import { type BatchReading, ReportReader } from '../reading/report_reader.ts';
import { blockOf, contributionOf, reportsOf, segmentIdOf } from '../storage/keys.ts';
import type { DeadLetter, RecordPlace } from '../storage/ports/dead_letters.ts';
import type { Counters, ExportState, LocatedShape } from '../storage/ports/export_states.ts';
import type { ExportStore } from '../storage/ports/exports.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { BatchWriter, type LocatedRefusal, type LocatedRow } from './batch_writer.ts';
import { DeviceGroups, type RowsOverLimit } from './device_groups.ts';
import { isSettled, lastEnd, type Segment } from './export_state.ts';
import { KeptLetters } from './kept_letters.ts';
import { RawEventCounter } from './raw_event_counter.ts';
import type { RetentionSpan } from './retention_span.ts';
import { tailOf } from './segment_cutter.ts';

export interface Applied {
  readonly counters: Counters;
  readonly recognised: boolean;
  /** An inactive source with a record at the head of the export; null where there is none. */
  readonly otherSource: Source | null;
  /** The first record of an unknown shape; null where none was met. */
  readonly unknownShape: LocatedShape | null;
  readonly rows: number;
}

/** A segment under this worker's lease. */
export interface LeasedSegment {
  readonly state: ExportState;
  readonly segment: Segment;
  /** Whether a worker may have processed it before. */
  readonly repeat: boolean;
  /** Block size for raw events, where not `BLOCK_BYTES`. */
  readonly blockBytes?: number;
  /** Changes of this hour and later ones concern most of its groups. */
  readonly recentFrom: Hour;
  /** Whether a day still takes rows, as of now. */
  readonly isOpen: (day: Day) => Promise<boolean>;
  /** Groups per device, where not `GROUPS_PER_DEVICE`. */
  readonly groupsPerDevice?: number;
  /** Records that raw events of the export are stored from now on; false where another worker has continued. */
  readonly noteRaw: () => Promise<boolean>;
}

/** Why a segment is not applied: foreign format; the export was replaced; another worker has continued; the worker stops. */
export type Unapplied =
  | { readonly foreign: true; readonly otherSource: Source | null }
  | 'replaced'
  | 'lost'
  | 'stopped';

/**
 * Reads one segment of an export and writes its rows, then its dead letters. A repeat, by any worker, writes the same. A
 * segment that is not applied leaves no dead letters. When `signal` is aborted it stops before the next batch of lines.
 * Throws the stores' errors. When it returns or throws, all its requests have ended.
 */
export async function applySegment(
  stores: Pick<Stores, 'exports' | 'hourlyCounts' | 'deadLetters'>,
  formats: readonly RecordFormat[],
  leased: LeasedSegment,
  kept: RetentionSpan,
  signal?: AbortSignal,
): Promise<Applied | Unapplied> {
  const { state, segment, repeat } = leased;
  const segmentId = segmentIdOf(state, state.generation, segment.start, segment.end);
  const writer = stores.deadLetters.open(segmentId, { repeat });
  const letters = new KeptLetters(writer, state, segment, state.counters.deadLetters);
  const work = new SegmentWork(stores, leased, segmentId, letters, kept);
  try {
    const { recognised, counters } = state;
    const before = { recognised, settled: isSettled(state), lines: counters.lines, start: segment.start };
    const reader = new ReportReader(refOf(state), formats, before);
    const options = {
      preFilterTokens: formats.map((format) => format.preFilterToken),
      maxLineBytes: MAX_LINE_BYTES,
      start: segment.start,
      tail: 'line',
      probe: reader.probe,
    } as const;
    for await (const batch of readLines(stores.exports.read(state, segment.start, segment.end), options)) {
      if (signal?.aborted) {
        await work.abandon();
        return 'stopped';
      }
      const reading = reader.read(batch);
      if (reader.probe.foreign) break;
      await work.take(reading);
      if (work.stopped !== null) break;
    }
    await work.send();
    const { foreign, otherSource } = reader.probe;
    const left = work.stopped ?? (foreign ? { foreign, otherSource } : null);
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
  readonly #letters: KeptLetters;
  readonly #kept: RetentionSpan;
  readonly #writer: BatchWriter;
  readonly #raw: RawEventCounter;
  readonly #noteRaw: () => Promise<boolean>;
  readonly #devices: DeviceGroups;
  /**
   * The first ones, kept to the end: they arrive in the order of transactions, and the letters of a segment must be the same
   * each time.
   */
  #refusals: LocatedRefusal[] = [];
  #counters: Counters = NO_COUNTERS;
  /** Why the segment is not applied, once that is known. */
  stopped: 'replaced' | 'lost' | null = null;

  constructor(
    stores: Pick<Stores, 'exports' | 'hourlyCounts'>,
    leased: LeasedSegment,
    segmentId: string,
    letters: KeptLetters,
    kept: RetentionSpan,
  ) {
    const { state, segment, blockBytes, groupsPerDevice, recentFrom, isOpen, noteRaw } = leased;
    this.#exports = stores.exports;
    this.#state = state;
    this.#letters = letters;
    this.#kept = kept;
    this.#noteRaw = noteRaw;
    const block = (from: number): string => blockOf(state, state.generation, from, segment.end);
    this.#raw = new RawEventCounter(segment.start, block, blockBytes);
    this.#devices = new DeviceGroups(groupsPerDevice);
    this.#writer = new BatchWriter(
      stores.hourlyCounts,
      { segmentId, recentFrom, isOpen },
      { refused: async (refusal) => this.#refuse(refusal), closed: (rows) => this.#expire(rows) },
    );
  }

  async take({ reports, letters, more, counters }: BatchReading): Promise<void> {
    this.#count(counters);
    const future: DeadLetter[] = [];
    for (const located of reports) {
      const time = timeOf(located.report);
      if (dayOf(time) < this.#kept.firstOpen) this.#count({ ...NO_COUNTERS, reports: -1, expired: 1 });
      else if (time > this.#kept.upTo) future.push(futureLetter(this.#state, located));
      else await this.#write(located);
    }
    this.#count({ ...NO_COUNTERS, reports: -future.length, deadLetters: future.length });
    await this.#letters.add([...letters, ...future], more);
  }

  /** Sends the remaining rows. Call it after the last line. */
  async send(): Promise<void> {
    await this.#writeHours(this.#raw.close());
    await this.#writer.finish();
    if (this.stopped === null && (await this.#isReplaced())) this.stopped = 'replaced';
  }

  async finish({ probe, unknownShape }: ReportReader): Promise<Applied> {
    const { recognised, otherSource } = probe;
    for (const over of this.#devices.over) {
      const { reports } = over;
      this.#count({ ...NO_COUNTERS, reports: -reports, overGroupLimit: reports, deadLetters: 1 });
      await this.#letters.add([overLimitLetter(this.#state, over)]);
    }
    await this.#letters.add(this.#refusals.map((refusal) => letterOf(this.#state, refusal)));
    await this.#letters.close();
    return { counters: this.#counters, recognised, otherSource, unknownShape, rows: this.#writer.rows };
  }

  async abandon(): Promise<void> {
    await this.#writer.settle();
    await this.#letters.abort();
  }

  async #write(located: LocatedReport): Promise<void> {
    const { report } = located;
    if (report.identity === null) await this.#writeHours(this.#raw.add(located));
    else await this.#store({ row: contributionOf(report, report.identity), place: located });
  }

  async #store({ row, place }: LocatedRow): Promise<void> {
    if (this.#devices.admits(row, place)) await this.#writer.add(row, place);
  }

  /** Rows whose day was closed meanwhile. */
  #expire(rows: readonly LocatedRow[]): void {
    const expired = rows.reduce((sum, { row }) => sum + reportsOf(row), 0);
    this.#count({ ...NO_COUNTERS, reports: -expired, expired });
  }

  /** Keeps no more refusals than there may be letters. */
  #refuse(refusal: LocatedRefusal): void {
    this.#count({ ...NO_COUNTERS, reports: -reportsOf(refusal.row), deadLetters: 1 });
    this.#refusals.push(refusal);
    if (this.#refusals.length < 2 * KEPT_LETTERS) return;
    this.#refusals.sort(({ place: a }, { place: b }) => a.offset - b.offset || a.record - b.record);
    this.#letters.count('refused-row', this.#refusals.splice(KEPT_LETTERS).length);
  }

  /**
   * A report gives the same row wherever it is read. A count of raw events belongs to one content of one segment. So it is
   * stored only if the export still has that content after the read, and after the export's row records raw events.
   */
  async #writeHours(rows: readonly LocatedRow[]): Promise<void> {
    if (rows.length === 0 || this.stopped !== null) return;
    if (await this.#isReplaced()) this.stopped = 'replaced';
    else if (!(await this.#noteRaw())) this.stopped = 'lost';
    else for (const row of rows) await this.#store(row);
  }

  /** Checked after the read: then the read content is the leased content. */
  async #isReplaced(): Promise<boolean> {
    const info = await this.#exports.info(this.#state);
    if (info === null || info.created !== this.#state.created) return true;
    return (await tailOf(this.#exports, this.#state, lastEnd(this.#state))) !== this.#state.tail;
  }

  #count(counters: Counters): void {
    this.#counters = addCounters(this.#counters, counters);
  }
}

/** The time that decides whether a report is stored. */
function timeOf({ identity, Timestamp }: Report): Timestamp {
  return identity === null ? bin(Timestamp, '1h') : Timestamp;
}

function letterOf(state: ExportState, { row, code, place }: LocatedRefusal): DeadLetter {
  const bytes = Buffer.from(JSON.stringify(row)).subarray(0, KEPT_BYTES);
  return { ...placeOf(place), export: refOf(state), reason: 'refused-row', code, bytes };
}

function overLimitLetter(state: ExportState, { first, place, reports }: RowsOverLimit): DeadLetter {
  const bytes = Buffer.from(JSON.stringify(first)).subarray(0, KEPT_BYTES);
  return { ...placeOf(place), export: refOf(state), reason: 'too-many-groups', reports, bytes };
}

function futureLetter(state: ExportState, located: LocatedReport): DeadLetter {
  const bytes = Buffer.from(JSON.stringify(located.report)).subarray(0, KEPT_BYTES);
  return { ...placeOf(located), export: refOf(state), reason: 'time-in-future', bytes };
}

function placeOf({ offset, length, record }: RecordPlace) {
  return { offset, length, record };
}

function refOf({ container, name }: ExportState) {
  return { container, name };
}
