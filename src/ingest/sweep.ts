import type { Clock } from '../storage/ports/clock.ts';
import type { ExportState } from '../storage/ports/export_states.ts';
import type { ExportInfo } from '../storage/ports/exports.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { isBackingOff, isLeased, lastEnd, openSegment } from './export_state.ts';

export interface SweepSettings {
  readonly containers: readonly string[];
  readonly retentionDays: number;
  readonly historyDays: number;
}

export interface SweepResult {
  readonly exports: number;
  /** Exports that have something to read, also such as somebody is at, or whose next try is not ready. */
  readonly pending: number;
  /** Exports that were put on the `ingest` queue. */
  readonly queued: number;
  readonly missingContainers: readonly string[];
  /** Milliseconds that the oldest export with something unread has waited; 0 where all are read. */
  readonly oldestUnreadMs: number;
  /** Rows of `Exports` that were removed for their age. */
  readonly expired: number;
}

const DAY_MS = 86_400_000;

/** How long after the full hour a sweep belongs to it: they are five minutes apart. */
const FIRST_OF_HOUR_MS = 5 * 60_000;
const HOUR_MS = 60 * 60_000;

/**
 * Puts every export that holds something unread on the `ingest` queue. The dependable way: no event announces that an
 * export has grown. One listing of the blobs and one of the rows, whatever their number.
 *
 * While as many messages wait as exports are pending, nothing is queued, so that a long backlog does not multiply: there
 * is a message for each, or there are repeats of some, which will be gone first. The first sweep of an hour does not ask
 * how many wait: a message that was lost is made up for within the hour, whatever the queue holds.
 */
export async function sweep(stores: Stores, settings: SweepSettings, clock: Clock): Promise<SweepResult> {
  const now = clock();
  const missingContainers: string[] = [];
  const errors: unknown[] = [];
  const ready: ExportInfo[] = [];
  const total = { exports: 0, pending: 0, oldestUnreadMs: 0, expired: 0 };
  for (const container of settings.containers) {
    try {
      const states = await statesOf(stores, container);
      const seen = await survey(stores, container, states, settings.retentionDays, now);
      if (seen === 'missing') {
        missingContainers.push(container);
        continue;
      }
      for (const each of seen.ready) ready.push(each);
      total.exports += seen.exports;
      total.pending += seen.pending;
      total.oldestUnreadMs = Math.max(total.oldestUnreadMs, seen.oldestUnreadMs);
      total.expired += await expire(stores, states.values(), now - settings.historyDays * DAY_MS);
    } catch (error) {
      errors.push(error);
    }
  }
  const queued = await queue(stores, ready, total.pending, now);
  // One container that cannot be read keeps no other from being swept.
  if (errors.length > 0)
    throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'several containers failed');
  return { ...total, queued, missingContainers };
}

/** Puts those that are ready on the queue, unless as many messages wait there as exports are pending. How many. */
async function queue({ queues }: Stores, ready: readonly ExportInfo[], pending: number, now: number): Promise<number> {
  if (ready.length === 0) return 0;
  const isFirstOfHour = now % HOUR_MS < FIRST_OF_HOUR_MS;
  const waiting = isFirstOfHour ? 0 : await queues.waiting('ingest');
  if (waiting >= pending) return 0;
  for (const { container, name } of ready) await queues.send('ingest', { container, name });
  return ready.length;
}

/**
 * The exports with something unread that were touched since then (ms since the epoch; by default within the retention),
 * and how long the oldest has waited. Those that somebody is at, or that back off, are among them.
 */
export async function unread(stores: Stores, settings: SweepSettings, clock: Clock, since?: number) {
  const now = clock();
  const days = since === undefined ? settings.retentionDays : (now - since) / DAY_MS;
  const exports: ExportInfo[] = [];
  const missingContainers: string[] = [];
  let oldestUnreadMs = 0;
  for (const container of settings.containers) {
    const seen = await survey(stores, container, await statesOf(stores, container), days, now);
    if (seen === 'missing') {
      missingContainers.push(container);
      continue;
    }
    exports.push(...seen.unread);
    oldestUnreadMs = Math.max(oldestUnreadMs, seen.oldestUnreadMs);
  }
  return { exports, oldestUnreadMs, missingContainers };
}

/** Compares the exports of a container with what was read of them. */
async function survey(
  stores: Stores,
  container: string,
  states: ReadonlyMap<string, ExportState>,
  retentionDays: number,
  now: number,
) {
  const blobs = await stores.exports.list(container);
  if (blobs === 'missing') return 'missing';
  const unread: ExportInfo[] = [];
  const ready: ExportInfo[] = [];
  let exports = 0;
  let pending = 0;
  let oldestUnreadMs = 0;
  for await (const blob of blobs) {
    exports++;
    const state = states.get(blob.name);
    if (now - blob.lastModified > retentionDays * DAY_MS) continue;
    if (isUnread(blob, state)) {
      oldestUnreadMs = Math.max(oldestUnreadMs, now - unreadSince(blob, state, now));
      unread.push(blob);
    } else if (state === undefined || state.failures === 0) {
      continue;
    }
    // One that failed when it was read to its end is looked at until it is well.
    pending++;
    if (isReady(state, now)) ready.push(blob);
  }
  return { exports, pending, unread, ready, oldestUnreadMs };
}

async function statesOf(stores: Stores, container: string): Promise<Map<string, ExportState>> {
  const states = new Map<string, ExportState>();
  for await (const { row } of stores.exportStates.list(container)) states.set(row.name, row);
  return states;
}

/** Whether the export has something that is not read to its end, as far as the listing tells. */
function isUnread(blob: ExportInfo, state: ExportState | undefined): boolean {
  if (state === undefined) return blob.length > 0;
  // A foreign export is looked at again only when it has changed: it may have been replaced.
  if (state.refused) return blob.lastModified > state.lastModified;
  const changed = lastEnd(state) !== blob.length || blob.lastModified > state.lastModified;
  return changed || openSegment(state) !== null;
}

/**
 * Since when something waits: of an export that nobody has read from, its creation; of one with a claim that is not
 * done, the claim's newest bytes; else its last append, the earliest that can be known.
 */
function unreadSince(blob: ExportInfo, state: ExportState | undefined, now: number): number {
  if (state === undefined) return blob.created ?? blob.lastModified;
  if (state.refused) return now;
  return openSegment(state) === null ? blob.lastModified : state.lastModified;
}

/** Whether now is the time to read it: not while somebody is at it, nor before its next try. */
function isReady(state: ExportState | undefined, now: number): boolean {
  return state === undefined || (!isLeased(state, null, now) && !isBackingOff(state, null, now));
}

async function expire(stores: Stores, states: Iterable<ExportState>, before: number): Promise<number> {
  let expired = 0;
  for (const state of states) {
    if (state.lastModified >= before) continue;
    await stores.exportStates.remove(state);
    expired++;
  }
  return expired;
}
