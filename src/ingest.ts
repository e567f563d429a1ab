import { applySegment } from './apply.ts';
import type { Format } from './core/reading.ts';
import { addMs, timestampFromMs } from './core/timestamp.ts';
import { addCounters, NO_COUNTERS } from './counters.ts';
import {
  claimed,
  claimedUpTo,
  committed,
  failed,
  isHeld,
  lastEnd,
  newState,
  nextGeneration,
  openSegment,
  refused,
  type Segment,
} from './export_state.ts';
import type { Clock, Counters, ExportInfo, ExportRef, ExportState, Stores, Versioned } from './ports.ts';
import { SEGMENT_BYTES, segmentEnd, tailOf } from './segment.ts';

export interface IngestSettings {
  readonly retentionDays: number;
  readonly segmentBytes?: number;
}

/** How a reading ended. */
export type IngestEnd =
  /** Everything that is whole is read. */
  | 'up-to-date'
  /** Time is up, and there is more. */
  | 'more'
  /** Somebody else is at it. */
  | 'held'
  /** It failed a while ago, and its next try is not due. */
  | 'backing-off'
  /** Of a foreign format. */
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
}

export const EXPECTED_FORMAT =
  'no record of a known format at its head; expected JSON lines of DeviceNetworkEvents, ' +
  'as the Streaming API or a Log Analytics export rule writes them';

const DAY_MS = 86_400_000;
/** How far ahead a device's clock may be. */
const AHEAD_MS = DAY_MS;

/**
 * Reads an export on, segment by segment, and merges it: claim, apply, commit. Any number of workers may do this to one
 * export at once, each may die anywhere: the counts end as after one clean reading.
 */
export class Ingest {
  readonly #stores: Stores;
  readonly #formats: readonly Format[];
  readonly #settings: IngestSettings;
  readonly #clock: Clock;
  /** This worker's word for its claims. */
  readonly #worker: () => string;

  constructor(
    stores: Stores,
    formats: readonly Format[],
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
    for (;;) {
      const step = await this.#step(ref, worker);
      if (step.kind === 'end') return { end: step.end, segments, rows, counters, restarts };
      if (step.kind === 'restarted') restarts++;
      if (step.kind !== 'applied') continue;
      segments++;
      rows += step.rows;
      counters = addCounters(counters, step.counters);
      if (this.#clock() - started >= budgetMs) return { end: 'more', segments, rows, counters, restarts };
    }
  }

  /** One segment, or what stands in its way. */
  async #step(ref: ExportRef, worker: string): Promise<Step> {
    const { exports, exportStates } = this.#stores;
    // In this order: an export only grows, so that one read after its state is never shorter than the state says.
    const found = await exportStates.get(ref);
    const info = await exports.info(ref);
    if (info === null) return end('gone');
    if (found === null) {
      await exportStates.insert(newState(info));
      return AGAIN;
    }
    if (await this.#isReplaced(found.row, info)) {
      const version = await exportStates.replace(nextGeneration(found.row, info), found.version);
      return version === null ? AGAIN : { kind: 'restarted' };
    }
    if (found.row.refused) return end('refused');
    if (found.row.nextTry > this.#clock()) return end('backing-off');
    const claim = await this.#claim(found, info, worker);
    return 'kind' in claim ? claim : await this.#applyAndCommit(claim, info);
  }

  async #isReplaced(state: ExportState, info: ExportInfo): Promise<boolean> {
    const last = lastEnd(state);
    if (last === 0) return false;
    if (info.length < last) return true;
    return (await tailOf(this.#stores.exports, info, last)) !== state.tail;
  }

  /** Takes the open segment, or cuts the next. */
  async #claim({ row, version }: Versioned<ExportState>, info: ExportInfo, worker: string): Promise<Claim | Step> {
    const now = this.#clock();
    if (isHeld(row, worker, now)) return end('held');
    const open = openSegment(row);
    const next =
      open === null ? await this.#cut(row, info, worker) : { state: claimed(row, worker, now), segment: open };
    if (next === null) return await this.#upToDate({ row, version }, info);
    const claim = await this.#stores.exportStates.replace(next.state, version);
    return claim === null ? AGAIN : { ...next, version: claim };
  }

  /** Notes a change that brought nothing to read (a tag, a tier), so that the sweep does not ask about it again. */
  async #upToDate({ row, version }: Versioned<ExportState>, info: ExportInfo): Promise<Step> {
    if (lastEnd(row) === info.length && row.lastModified < info.lastModified) {
      await this.#stores.exportStates.replace({ ...row, lastModified: info.lastModified }, version);
    }
    return end('up-to-date');
  }

  async #cut(row: ExportState, info: ExportInfo, worker: string) {
    const { exports } = this.#stores;
    const start = lastEnd(row);
    const bytes = this.#settings.segmentBytes ?? SEGMENT_BYTES;
    const cut = await segmentEnd(exports, info, start, this.#clock(), bytes);
    if (cut === null) return null;
    const tail = await tailOf(exports, info, cut);
    const state = claimedUpTo(row, cut, tail, info, worker, this.#clock());
    return { state, segment: { start, end: cut } };
  }

  async #applyAndCommit({ state, segment, version }: Claim, info: ExportInfo): Promise<Step> {
    const { exportStates } = this.#stores;
    try {
      const now = this.#clock();
      const kept = {
        after: timestampFromMs(now - this.#settings.retentionDays * DAY_MS),
        upTo: addMs(timestampFromMs(now), AHEAD_MS),
      };
      const applied = await applySegment(this.#stores, this.#formats, state, segment, kept);
      if (applied.foreign) {
        await exportStates.replace(refused(state, EXPECTED_FORMAT, info), version);
        return AGAIN;
      }
      // Where somebody else went on meanwhile, the row says so, and the next step reads it.
      const done = await exportStates.replace(committed(state, applied.counters, applied.recognised), version);
      return done === null ? AGAIN : { kind: 'applied', rows: applied.rows, counters: applied.counters };
    } catch (error) {
      await exportStates.replace(failed(state, reasonOf(error), this.#clock()), version);
      throw error;
    }
  }
}

interface Claim {
  readonly state: ExportState;
  readonly segment: Segment;
  readonly version: string;
}

type Step =
  | { readonly kind: 'end'; readonly end: IngestEnd }
  | { readonly kind: 'again' }
  | { readonly kind: 'restarted' }
  | { readonly kind: 'applied'; readonly rows: number; readonly counters: Counters };

const AGAIN: Step = { kind: 'again' };

function end(end: IngestEnd): Step {
  return { kind: 'end', end };
}

/** Why a segment failed, without telemetry or address: our errors say what they were about, others only their kind. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return error.name === 'StoreError' ? error.message.slice(0, 500) : error.name;
}
