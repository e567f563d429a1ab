import { Buffer } from 'node:buffer';
import { bin } from '../core/kql/bin.ts';
import { HOUR_MS } from '../core/kql/timespan.ts';
import { timestampFromMs } from '../core/kql/timestamp.ts';
import type { Day } from '../core/records/day.ts';
import type { RecordFormat } from '../core/records/reading.ts';
import type { Source } from '../core/records/report.ts';
import { adviceOf, contentKindOf, EXPECTED, HEAD_BYTES } from '../reading/content_type.ts';
import { addCounters, NO_COUNTERS } from '../reading/counters.ts';
import { MAX_LINE_BYTES } from '../reading/line_reader.ts';
import { segmentIdOf } from '../storage/keys.ts';
import { CONFLICT, retryOnConflict } from '../storage/optimistic.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { Counters, ExportState, LocatedShape } from '../storage/ports/export_states.ts';
import type { ExportInfo, ExportRef } from '../storage/ports/exports.ts';
import { StoreError } from '../storage/ports/store_error.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { Versioned } from '../storage/ports/versioned.ts';
import { applySegment, type LeasedSegment } from './apply_segment.ts';
import {
  committed,
  failed,
  hasActive,
  isBackingOff,
  isLeased,
  lastEnd,
  leased,
  leasedUpTo,
  leaseEndOf,
  newState,
  nextGeneration,
  openSegment,
  REPLACED,
  refused,
  released,
  searched,
  seen,
  withRaw,
} from './export_state.ts';
import { firstOpenDay, retentionSpan } from './retention_span.ts';
import { cutSegment, tailOf } from './segment_cutter.ts';

export interface IngestSettings {
  readonly retentionDays: number;
  readonly segmentBytes?: number;
  /** Block size for raw events. */
  readonly blockBytes?: number;
  /** Groups per device and segment. */
  readonly groupsPerDevice?: number;
}

/** How a read ended. */
export type IngestEnd =
  /** All whole lines are read. */
  | 'up-to-date'
  /** The time budget is used up, and there is more to read. */
  | 'more'
  /** This process ends. The lease is released, and any worker can continue. */
  | 'stopped'
  /** Another worker holds the lease. */
  | 'leased'
  /** It failed, and its next try is later. */
  | 'backing-off'
  /** Of a foreign format, or replaced after its raw events were counted. */
  | 'refused'
  /** The export does not exist (any more). */
  | 'gone';

export interface IngestResult {
  readonly end: IngestEnd;
  readonly segments: number;
  readonly rows: number;
  readonly counters: Counters;
  /** How often the export was replaced or cut short, and read again from the start. */
  readonly restarts: number;
  /** An inactive source with records in the export, where no record of an active one was read; else null. */
  readonly otherSource: Source | null;
  /**
   * The first record of an unknown shape; null where there is none. The counters have their number. Without the names of
   * its members, which are telemetry: this result is a line of the log.
   */
  readonly unknownShape: Omit<LocatedShape, 'members'> | null;
  /** Ids of the newest segments, at most `MAX_SEGMENT_IDS`: dead letters are named by them. */
  readonly segmentIds: readonly string[];
  /** When the lease of the other worker ends (ms since the epoch), with the end `leased` only. */
  readonly leaseEnds?: number;
}

/**
 * An exporter that sends less in an hour has few rows in each: mostly a page of a partition. To read the hour then costs no more
 * than to read one group of it, and one entry announces it.
 */
const SMALL_EXPORT_BYTES = 4 * 1024 * 1024;
const FIRST_HOUR = bin(timestampFromMs(0), '1h');

/** Fits into a log line; a read within its budget seldom has more. */
const MAX_SEGMENT_IDS = 16;

export const EXPECTED_FORMAT = `no record of an active source (SOURCES) at its head; expected ${EXPECTED}`;
/** The reason where the head holds records of an inactive source. */
export const foreignReason = (otherSource: Source | null): string =>
  otherSource === null
    ? EXPECTED_FORMAT
    : `its records are of ${otherSource}, which is not an active source: add it to SOURCES`;
export const EXPECTED_LINES = `no line end in its first 64 MiB; expected ${EXPECTED}`;

/**
 * Continues reading an export, segment by segment: lease, apply, commit. Any number of workers may read one export at
 * once, and each may stop anywhere: the counts are those of one complete read.
 */
export class Ingest {
  readonly #stores: Stores;
  readonly #formats: readonly RecordFormat[];
  readonly #settings: IngestSettings;
  readonly #clock: Clock;
  /** Gives the name under which this worker leases. */
  readonly #worker: () => string;

  constructor(
    stores: Stores,
    formats: readonly RecordFormat[],
    settings: IngestSettings,
    clock: Clock,
    worker: () => string,
  ) {
    this.#stores = stores;
    this.#formats = formats;
    this.#settings = settings;
    this.#clock = clock;
    this.#worker = worker;
  }

  /**
   * Reads until all is read, or until a segment ends after `budgetMs`. When `signal` is aborted it stops before the next
   * batch of lines, and releases its lease.
   */
  async ingest(ref: ExportRef, budgetMs: number, signal?: AbortSignal): Promise<IngestResult> {
    const started = this.#clock();
    const worker = this.#worker();
    let segments = 0;
    let rows = 0;
    let restarts = 0;
    let counters = NO_COUNTERS;
    let other: Source | null = null;
    let unknownShape: LocatedShape | null = null;
    const segmentIds: string[] = [];
    const resultOf = (end: IngestEnd): IngestResult => {
      const otherSource = hasActive({ counters }) ? null : other;
      return {
        end,
        segments,
        rows,
        counters,
        restarts,
        otherSource,
        unknownShape: withoutMembers(unknownShape),
        segmentIds,
      };
    };
    for (;;) {
      if (signal?.aborted) return resultOf('stopped');
      const step = await retryOnConflict('export', () => this.#step(ref, worker, signal));
      if (step.kind === 'leased') return { ...resultOf('leased'), leaseEnds: step.leaseEnds };
      if (step.kind === 'end') return resultOf(step.end);
      if (step.kind === 'restarted') restarts++;
      if (step.kind !== 'applied') continue;
      segments++;
      segmentIds.push(step.segmentId);
      if (segmentIds.length > MAX_SEGMENT_IDS) segmentIds.shift();
      rows += step.rows;
      counters = addCounters(counters, step.counters);
      other ??= step.otherSource;
      unknownShape ??= step.unknownShape;
      if (step.isAll) return resultOf('up-to-date');
      if (this.#clock() - started >= budgetMs) return resultOf('more');
    }
  }

  /** Processes one segment, or gives the reason why not. Records a failure. */
  async #step(ref: ExportRef, worker: string, signal?: AbortSignal): Promise<Step | typeof CONFLICT> {
    const { exports, exportStates } = this.#stores;
    // In this order: an export only grows, so that it is never shorter than a state that was read before it.
    const found = await exportStates.get(ref);
    try {
      const info = await exports.info(ref);
      if (info === null) return end('gone');
      if (found !== null) return await this.#goOn(found, info, worker, signal);
      return againUnlessConflict(await exportStates.insert(newState(info)));
    } catch (error) {
      if (found !== null) await this.#recordFailure(error, found, worker);
      throw error;
    }
  }

  async #goOn(
    found: Versioned<ExportState>,
    info: ExportInfo,
    worker: string,
    signal?: AbortSignal,
  ): Promise<Step | typeof CONFLICT> {
    const { exportStates } = this.#stores;
    const { row, version } = found;
    const now = this.#clock();
    if (isLeased(row, worker, now)) return { kind: 'leased', leaseEnds: leaseEndOf(row) ?? now };
    if (isBackingOff(row, worker, now)) return end('backing-off');
    if (row.refused && row.failures === 0 && info.lastModified <= row.lastModified) return end('refused');

    const next = await this.#next(row, info, worker);
    // Checked last: then the bytes just read belong to the same content as the earlier segments.
    if (await this.#isReplaced(row, info)) return await this.#replaced(found, info);
    if (next === null) return await this.#nothingNew(found, info);
    if (typeof next === 'string') {
      return againUnlessConflict(await exportStates.replace(refused(row, next, info), version));
    }
    const leasedVersion = next.state === row ? version : await exportStates.replace(next.state, version);
    if (leasedVersion === null) return CONFLICT;
    return await this.#applyAndCommit({ ...next, version: leasedVersion }, info, signal);
  }

  /** The open segment, or the next one, cut; null where there is none yet; the reason where there will be none. */
  async #next(row: ExportState, info: ExportInfo, worker: string) {
    const isSame = row.created === info.created;
    const isKnown = isSame && info.created !== null;
    // A head without a line end stays without one, however the export grows.
    if (row.refused && (row.ends.length > 0 || (row.reason === EXPECTED_LINES && isKnown))) return null;
    const open = openSegment(row);
    // Already leased by this worker, where the answer to its lease was lost.
    if (open !== null && row.leasedBy === worker && isSame) return { state: row, segment: open, repeat: true };
    if (open !== null) return { state: leased(row, info, worker, this.#clock()), segment: open, repeat: true };
    const start = lastEnd(row);
    const foreign = start === 0 ? adviceOf(contentKindOf(await this.#headOf(info))) : null;
    if (foreign !== null) return foreign;
    const options = { segmentBytes: this.#settings.segmentBytes, searched: isKnown ? row.searched : 0 };
    const cut = await cutSegment(this.#stores.exports, info, start, this.#clock(), options);
    if (cut === null || cut === 'no-lines') return cut && EXPECTED_LINES;
    const state = leasedUpTo(row, cut, info, worker, this.#clock());
    return { state, segment: { start, end: cut.end }, repeat: false };
  }

  async #headOf(info: ExportInfo): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    const end = Math.min(info.length, HEAD_BYTES);
    if (end > 0) for await (const piece of this.#stores.exports.read(info, 0, end)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async #isReplaced(state: ExportState, info: ExportInfo): Promise<boolean> {
    const last = lastEnd(state);
    if (last === 0) return false;
    if (info.length < last || isRecreated(state, info)) return true;
    return (await tailOf(this.#stores.exports, info, last)) !== state.tail;
  }

  /** Starts the next generation; refuses the export where raw events would count twice. */
  async #replaced({ row, version }: Versioned<ExportState>, info: ExportInfo): Promise<Step | typeof CONFLICT> {
    const next = row.raw ? refused(row, REPLACED, info) : nextGeneration(row, info);
    const written = await this.#stores.exportStates.replace(next, version);
    if (written === null) return CONFLICT;
    return row.raw ? AGAIN : { kind: 'restarted' };
  }

  /**
   * Records a change without new bytes (a tag, a tier) or the end of failures, so that the sweep does not queue it again.
   * For a long unfinished line it records the searched length: the next search continues there.
   */
  async #nothingNew({ row, version }: Versioned<ExportState>, info: ExportInfo): Promise<Step> {
    const isRead = row.refused || lastEnd(row) === info.length;
    if (!isRead && info.length - Math.max(lastEnd(row), row.searched) > MAX_LINE_BYTES) {
      await this.#stores.exportStates.replace(searched(row, info), version);
    } else if (row.failures > 0 || (isRead && row.lastModified < info.lastModified)) {
      await this.#stores.exportStates.replace(seen(row, info), version);
    }
    return end(row.refused ? 'refused' : 'up-to-date');
  }

  async #applyAndCommit(
    { version: leasedVersion, ...leased }: Leased,
    info: ExportInfo,
    signal?: AbortSignal,
  ): Promise<Step | typeof CONFLICT> {
    const { exportStates } = this.#stores;
    const { blockBytes, groupsPerDevice } = this.#settings;
    let { state } = leased;
    let version = leasedVersion;
    const noteRaw = async (): Promise<boolean> => {
      if (state.raw) return true;
      const noted = await exportStates.replace(withRaw(state), version);
      if (noted === null) return false;
      state = withRaw(state);
      version = noted;
      return true;
    };
    const { runs } = this.#stores;
    const { retentionDays } = this.#settings;
    const retention = () => [runs, state.lastModified, retentionDays, this.#clock()] as const;
    const work = {
      ...leased,
      isOpen: async (day: Day) => day >= (await firstOpenDay(...retention())),
      recentFrom: info.length < SMALL_EXPORT_BYTES ? FIRST_HOUR : bin(timestampFromMs(this.#clock() - HOUR_MS), '1h'),
      noteRaw,
      ...(blockBytes !== undefined && { blockBytes }),
      ...(groupsPerDevice !== undefined && { groupsPerDevice }),
    };
    const kept = await retentionSpan(...retention());
    const applied = await applySegment(this.#stores, this.#formats, work, kept, signal);
    // The next step reads the state again.
    if (applied === 'replaced' || applied === 'lost') return CONFLICT;
    if (applied === 'stopped') {
      // Where another worker has continued, the lease is no longer this worker's.
      await exportStates.replace(released(state), version);
      return { kind: 'end', end: 'stopped' };
    }
    if ('foreign' in applied) {
      const next = refused(state, foreignReason(applied.otherSource), info);
      return againUnlessConflict(await exportStates.replace(next, version));
    }
    // Where another worker has continued, the next step reads its state.
    const done = await exportStates.replace(committed(state, applied), version);
    if (done === null) return CONFLICT;
    const { start, end } = leased.segment;
    const segmentId = segmentIdOf(state, state.generation, start, end);
    // No further check: the next sweep finds bytes that arrived since.
    const isAll = end === info.length;
    const { rows, counters, otherSource, unknownShape } = applied;
    return { kind: 'applied', segmentId, isAll, rows, counters, otherSource, unknownShape };
  }

  /** Records the failure for the back-off and releases the lease, unless another worker holds it by now. */
  async #recordFailure(error: unknown, found: Versioned<ExportState>, worker: string): Promise<void> {
    const { exportStates } = this.#stores;
    try {
      // Read again: the lease is this worker's also where the answer to it was lost.
      const latest = await exportStates.get(found.row);
      const now = this.#clock();
      if (latest === null || isLeased(latest.row, worker, now)) return;
      if (latest.version !== found.version && latest.row.leasedBy !== worker) return;
      await exportStates.replace(failed(latest.row, failureReasonOf(error), now), latest.version);
    } catch {
      // The first error is the one to report. A lease that stays expires.
    }
  }
}

interface Leased extends Omit<LeasedSegment, 'noteRaw' | 'recentFrom' | 'isOpen'> {
  readonly version: string;
}

type Step =
  | { readonly kind: 'end'; readonly end: Exclude<IngestEnd, 'leased'> }
  | { readonly kind: 'leased'; readonly leaseEnds: number }
  | { readonly kind: 'again' }
  | { readonly kind: 'restarted' }
  | {
      readonly kind: 'applied';
      readonly segmentId: string;
      /** Whether it reached the end of the export at the time of the check. */
      readonly isAll: boolean;
      readonly rows: number;
      readonly counters: Counters;
      readonly otherSource: Source | null;
      readonly unknownShape: LocatedShape | null;
    };

const AGAIN: Step = { kind: 'again' };

function againUnlessConflict(version: string | null): Step | typeof CONFLICT {
  return version === null ? CONFLICT : AGAIN;
}

function end(end: Exclude<IngestEnd, 'leased'>): Step {
  return { kind: 'end', end };
}

/**
 * Whether the creation time shows a replaced export. A copied or restored account gives all its exports new creation
 * times: their reports are then read again, and count once. An export with raw events would be refused for good, so that
 * for those the tail alone decides.
 */
function isRecreated(state: ExportState, info: ExportInfo): boolean {
  return !state.raw && state.created !== null && info.created !== null && state.created !== info.created;
}

/** The reason for a failure, without telemetry or URL: the message of a StoreError, only the name of any other error. */
function failureReasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return error instanceof StoreError ? error.message.slice(0, 500) : error.name;
}

function withoutMembers(shape: LocatedShape | null): IngestResult['unknownShape'] {
  if (shape === null) return null;
  const { members: _members, ...place } = shape;
  return place;
}
