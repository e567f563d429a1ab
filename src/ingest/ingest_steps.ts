import { bin } from '../core/kql/bin.ts';
import { HOUR_MS } from '../core/kql/timespan.ts';
import { timestampFromMs } from '../core/kql/timestamp.ts';
import type { Day } from '../core/records/day.ts';
import type { RecordFormat } from '../core/records/reading.ts';
import type { Source } from '../core/records/report.ts';
import { EXPECTED } from '../reading/content_type.ts';
import { MAX_LINE_BYTES } from '../reading/line_reader.ts';
import { segmentIdOf } from '../storage/keys.ts';
import { CONFLICT } from '../storage/optimistic.ts';
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
  isBackingOff,
  isLeased,
  lastEnd,
  leaseEndOf,
  newState,
  nextGeneration,
  REPLACED,
  refused,
  released,
  searched,
  seen,
  withRaw,
} from './export_state.ts';
import type { IngestEnd } from './ingest_result.ts';
import { nextSegment } from './next_segment.ts';
import { isReplaced } from './replaced_export.ts';
import { firstOpenDay, retentionSpan } from './retention_span.ts';

export interface IngestSettings {
  readonly retentionDays: number;
  readonly segmentBytes?: number;
  /** Block size for raw events. */
  readonly blockBytes?: number;
  /** Groups per device and segment. */
  readonly groupsPerDevice?: number;
}

/**
 * An exporter that sends less in an hour has few rows in each: mostly a page of a partition. To read the hour then costs no more
 * than to read one group of it, and one entry announces it.
 */
const SMALL_EXPORT_BYTES = 4 * 1024 * 1024;
const FIRST_HOUR = bin(timestampFromMs(0), '1h');

export const EXPECTED_FORMAT = `no record of an active source (SOURCES) at its head; expected ${EXPECTED}`;
/** The reason where the head holds records of an inactive source. */
export const foreignReason = (otherSource: Source | null): string =>
  otherSource === null
    ? EXPECTED_FORMAT
    : `its records are of ${otherSource}, which is not an active source: add it to SOURCES`;
/** The steps of reading an export. Each takes one segment: lease, apply, commit. */
export class IngestSteps {
  readonly #stores: Stores;
  readonly #formats: readonly RecordFormat[];
  readonly #settings: IngestSettings;
  readonly #clock: Clock;

  constructor(stores: Stores, formats: readonly RecordFormat[], settings: IngestSettings, clock: Clock) {
    this.#stores = stores;
    this.#formats = formats;
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Processes one segment, or gives the reason why not. Records a failure. */
  async take(ref: ExportRef, worker: string, signal?: AbortSignal): Promise<IngestStep | typeof CONFLICT> {
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
  ): Promise<IngestStep | typeof CONFLICT> {
    const { exports, exportStates } = this.#stores;
    const { row, version } = found;
    const now = this.#clock();
    if (isLeased(row, worker, now)) return { kind: 'leased', leaseEnds: leaseEndOf(row) ?? now };
    if (isBackingOff(row, worker, now)) return end('backing-off');
    if (row.refused && row.failures === 0 && info.lastModified <= row.lastModified) return end('refused');

    const { segmentBytes } = this.#settings;
    const next = await nextSegment(exports, row, info, { worker, clock: this.#clock, segmentBytes });
    // Checked last: then the bytes just read belong to the same content as the earlier segments.
    if (await isReplaced(exports, row, info)) return await this.#replaced(found, info);
    if (next === null) return await this.#nothingNew(found, info);
    if (typeof next === 'string') {
      return againUnlessConflict(await exportStates.replace(refused(row, next, info), version));
    }
    const leasedVersion = next.state === row ? version : await exportStates.replace(next.state, version);
    if (leasedVersion === null) return CONFLICT;
    return await this.#applyAndCommit({ ...next, version: leasedVersion }, info, signal);
  }

  /** Starts the next generation; refuses the export where raw events would count twice. */
  async #replaced({ row, version }: Versioned<ExportState>, info: ExportInfo): Promise<IngestStep | typeof CONFLICT> {
    const next = row.raw ? refused(row, REPLACED, info) : nextGeneration(row, info);
    const written = await this.#stores.exportStates.replace(next, version);
    if (written === null) return CONFLICT;
    return row.raw ? AGAIN : { kind: 'restarted' };
  }

  /**
   * Records a change without new bytes (a tag, a tier) or the end of failures, so that the sweep does not queue it again.
   * For a long unfinished line it records the searched length: the next search continues there.
   */
  async #nothingNew({ row, version }: Versioned<ExportState>, info: ExportInfo): Promise<IngestStep> {
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
  ): Promise<IngestStep | typeof CONFLICT> {
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

/** What came of a step. */
export type IngestStep =
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

const AGAIN: IngestStep = { kind: 'again' };

function againUnlessConflict(version: string | null): IngestStep | typeof CONFLICT {
  return version === null ? CONFLICT : AGAIN;
}

function end(end: Exclude<IngestEnd, 'leased'>): IngestStep {
  return { kind: 'end', end };
}

/** The reason for a failure, without telemetry or URL: the message of a StoreError, only the name of any other error. */
function failureReasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return error instanceof StoreError ? error.message.slice(0, 500) : error.name;
}
