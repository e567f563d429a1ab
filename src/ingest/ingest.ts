import { Buffer } from 'node:buffer';
import { timestampFromMs } from '../core/kql/timestamp.ts';
import type { RecordFormat } from '../core/records/reading.ts';
import type { Source } from '../core/records/report.ts';
import { adviceOf, contentKindOf, EXPECTED, HEAD_BYTES } from '../reading/content_type.ts';
import { addCounters, NO_COUNTERS } from '../reading/counters.ts';
import { MAX_LINE_BYTES } from '../reading/line_reader.ts';
import { segmentIdOf } from '../storage/keys.ts';
import { CONFLICT, retryOnConflict } from '../storage/optimistic.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { Counters, ExportState } from '../storage/ports/export_states.ts';
import type { ExportInfo, ExportRef } from '../storage/ports/exports.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { Versioned } from '../storage/ports/versioned.ts';
import { applySegment, type Work } from './apply_segment.ts';
import {
  committed,
  failed,
  hasActive,
  isBackingOff,
  isLeased,
  lastEnd,
  leased,
  leasedUpTo,
  newState,
  nextGeneration,
  openSegment,
  REPLACED,
  refused,
  searched,
  seen,
  withRaw,
} from './export_state.ts';
import { cutSegment, tailOf } from './segment_cutter.ts';

export interface IngestSettings {
  readonly retentionDays: number;
  readonly segmentBytes?: number;
  /** Of the blocks in which raw events are counted. */
  readonly blockBytes?: number;
}

/** How a reading ended. */
export type IngestEnd =
  /** Everything that is whole is read. */
  | 'up-to-date'
  /** Time is up, and there is more. */
  | 'more'
  /** Somebody else is at it. */
  | 'leased'
  /** It failed a while ago, and its next try is not due. */
  | 'backing-off'
  /** Of a foreign format, or replaced after raw events of it were counted. */
  | 'refused'
  /** There is no such export (any more). */
  | 'gone';

export interface IngestResult {
  readonly end: IngestEnd;
  readonly segments: number;
  readonly rows: number;
  readonly counters: Counters;
  /** Times that the export was found replaced or cut short, and begun anew. */
  readonly restarts: number;
  /** A source that is not active, of which there are records where nothing of an active one was read; else null. */
  readonly otherSource: Source | null;
  /** The newest of the segments, at most `MAX_SEGMENT_IDS`: dead letters are named by them. */
  readonly segmentIds: readonly string[];
}

/** As many as a line of the log can carry; a reading within its budget has seldom more. */
const MAX_SEGMENT_IDS = 16;

export const EXPECTED_FORMAT = `no record of an active source (SOURCES) at its head; expected ${EXPECTED}`;
/** The same where its head holds records of a source that is not active. */
export const foreignReason = (otherSource: Source | null): string =>
  otherSource === null
    ? EXPECTED_FORMAT
    : `its records are of ${otherSource}, which is not an active source: see SOURCES`;
export const EXPECTED_LINES = `no line end in its first 64 MiB; expected ${EXPECTED}`;

const DAY_MS = 86_400_000;
/** How far ahead a device's clock may be when its report arrives. */
const AHEAD_MS = DAY_MS;

/**
 * Reads an export on, segment by segment, and merges it: claim, apply, commit. Any number of workers may do this to one
 * export at once, each may die anywhere: the counts end as after one clean reading.
 */
export class Ingest {
  readonly #stores: Stores;
  readonly #formats: readonly RecordFormat[];
  readonly #settings: IngestSettings;
  readonly #clock: Clock;
  /** This worker's word for its claims. */
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

  /** Reads on until everything is read, or `budgetMs` is used up after a segment. */
  async ingest(ref: ExportRef, budgetMs: number): Promise<IngestResult> {
    const started = this.#clock();
    const worker = this.#worker();
    let segments = 0;
    let rows = 0;
    let restarts = 0;
    let counters = NO_COUNTERS;
    let other: Source | null = null;
    const segmentIds: string[] = [];
    const resultOf = (end: IngestEnd): IngestResult => {
      const otherSource = hasActive({ counters }) ? null : other;
      return { end, segments, rows, counters, restarts, otherSource, segmentIds };
    };
    for (;;) {
      const step = await retryOnConflict('export', () => this.#step(ref, worker));
      if (step.kind === 'end') return resultOf(step.end);
      if (step.kind === 'restarted') restarts++;
      if (step.kind !== 'applied') continue;
      segments++;
      segmentIds.push(step.segmentId);
      if (segmentIds.length > MAX_SEGMENT_IDS) segmentIds.shift();
      rows += step.rows;
      counters = addCounters(counters, step.counters);
      other ??= step.otherSource;
      if (step.isAll) return resultOf('up-to-date');
      if (this.#clock() - started >= budgetMs) return resultOf('more');
    }
  }

  /** One segment, or what stands in its way. Keeps why it failed. */
  async #step(ref: ExportRef, worker: string): Promise<Step | typeof CONFLICT> {
    const { exports, exportStates } = this.#stores;
    // In this order: an export only grows, so that one read after its state is never shorter than the state says.
    const found = await exportStates.get(ref);
    try {
      const info = await exports.info(ref);
      if (info === null) return end('gone');
      if (found !== null) return await this.#goOn(found, info, worker);
      return againUnlessConflict(await exportStates.insert(newState(info)));
    } catch (error) {
      if (found !== null) await this.#note(error, found, worker);
      throw error;
    }
  }

  async #goOn(found: Versioned<ExportState>, info: ExportInfo, worker: string): Promise<Step | typeof CONFLICT> {
    const { exportStates } = this.#stores;
    const { row, version } = found;
    const now = this.#clock();
    if (isLeased(row, worker, now)) return end('leased');
    if (isBackingOff(row, worker, now)) return end('backing-off');
    if (row.refused && row.failures === 0 && info.lastModified <= row.lastModified) return end('refused');

    const next = await this.#next(row, info, worker);
    // Asked last: so what was just read is of the content that the earlier segments are of.
    if (await this.#isReplaced(row, info)) return await this.#replaced(found, info);
    if (next === null) return await this.#nothingNew(found, info);
    if (typeof next === 'string') {
      return againUnlessConflict(await exportStates.replace(refused(row, next, info), version));
    }
    const claim = next.state === row ? version : await exportStates.replace(next.state, version);
    return claim === null ? CONFLICT : await this.#applyAndCommit({ ...next, version: claim }, info);
  }

  /** The open segment, or the next one, cut; null where there is none yet, why where there will be none. */
  async #next(row: ExportState, info: ExportInfo, worker: string) {
    const isSame = row.created === info.created;
    const isKnown = isSame && info.created !== null;
    // What had no line end in its head has none however it grows.
    if (row.refused && (row.ends.length > 0 || (row.reason === EXPECTED_LINES && isKnown))) return null;
    const open = openSegment(row);
    // Ours already, where the answer to our claim was lost.
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
    if (info.length < last || isCreatedAnew(state, info)) return true;
    return (await tailOf(this.#stores.exports, info, last)) !== state.tail;
  }

  /** Begins anew; or nothing more is read, where raw events would count twice. */
  async #replaced({ row, version }: Versioned<ExportState>, info: ExportInfo): Promise<Step | typeof CONFLICT> {
    const next = row.raw ? refused(row, REPLACED, info) : nextGeneration(row, info);
    const written = await this.#stores.exportStates.replace(next, version);
    if (written === null) return CONFLICT;
    return row.raw ? AGAIN : { kind: 'restarted' };
  }

  /**
   * Notes a change that brought nothing to read (a tag, a tier), or that it is well again: the sweep asks no more. Of a
   * long line that is not at its end, too, how far it goes: the next one who looks goes on from there.
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

  async #applyAndCommit({ version: claimVersion, ...claim }: Claim, info: ExportInfo): Promise<Step | typeof CONFLICT> {
    const { exportStates } = this.#stores;
    const { blockBytes } = this.#settings;
    let { state } = claim;
    let version = claimVersion;
    const noteRaw = async (): Promise<boolean> => {
      if (state.raw) return true;
      const noted = await exportStates.replace(withRaw(state), version);
      if (noted === null) return false;
      state = withRaw(state);
      version = noted;
      return true;
    };
    const work = { ...claim, noteRaw, ...(blockBytes !== undefined && { blockBytes }) };
    const kept = {
      after: timestampFromMs(this.#clock() - this.#settings.retentionDays * DAY_MS),
      // By when the report came, not by when it is read: whoever reads the segment once more decides the same.
      upTo: timestampFromMs(state.lastModified + AHEAD_MS),
    };
    const applied = await applySegment(this.#stores, this.#formats, work, kept);
    // The next step finds out what there is to do.
    if (applied === 'replaced' || applied === 'lost') return CONFLICT;
    if ('foreign' in applied) {
      const next = refused(state, foreignReason(applied.otherSource), info);
      return againUnlessConflict(await exportStates.replace(next, version));
    }
    // Where somebody else went on meanwhile, the row says so, and the next step reads it.
    const done = await exportStates.replace(committed(state, applied), version);
    if (done === null) return CONFLICT;
    const { start, end } = claim.segment;
    const segmentId = segmentIdOf(state, state.generation, start, end);
    // Not asked for again: what has come since is found by the next sweep.
    const isAll = end === info.length;
    const { rows, counters, otherSource } = applied;
    return { kind: 'applied', segmentId, isAll, rows, counters, otherSource };
  }

  /** Keeps why a step failed, for the back-off, and lets go of the claim; unless somebody else is at it by now. */
  async #note(error: unknown, found: Versioned<ExportState>, worker: string): Promise<void> {
    const { exportStates } = this.#stores;
    try {
      // Read anew: where the answer to our claim was lost, it is ours all the same.
      const latest = await exportStates.get(found.row);
      const now = this.#clock();
      if (latest === null || isLeased(latest.row, worker, now)) return;
      if (latest.version !== found.version && latest.row.leasedBy !== worker) return;
      await exportStates.replace(failed(latest.row, reasonOf(error), now), latest.version);
    } catch {
      // The first error is the one to tell. A claim that stays runs out.
    }
  }
}

interface Claim extends Omit<Work, 'noteRaw'> {
  readonly version: string;
}

type Step =
  | { readonly kind: 'end'; readonly end: IngestEnd }
  | { readonly kind: 'again' }
  | { readonly kind: 'restarted' }
  | {
      readonly kind: 'applied';
      readonly segmentId: string;
      /** Whether it reaches to the end of the export, as it was when it was looked at. */
      readonly isAll: boolean;
      readonly rows: number;
      readonly counters: Counters;
      readonly otherSource: Source | null;
    };

const AGAIN: Step = { kind: 'again' };

function againUnlessConflict(version: string | null): Step | typeof CONFLICT {
  return version === null ? CONFLICT : AGAIN;
}

function end(end: IngestEnd): Step {
  return { kind: 'end', end };
}

/**
 * Whether there is another export in its place, as its time of creation tells where the tail cannot. An account that is
 * copied or restored gives all its exports new ones: reports are then read again, and count once; of raw events that
 * would be the end, so that their tail alone decides.
 */
function isCreatedAnew(state: ExportState, info: ExportInfo): boolean {
  return !state.raw && state.created !== null && info.created !== null && state.created !== info.created;
}

/** Why a segment failed, without telemetry or address: our errors say what they were about, others only their kind. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return error.name === 'StoreError' ? error.message.slice(0, 500) : error.name;
}
