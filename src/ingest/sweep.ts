import { DAY_MS, HOUR_MS, MINUTE_MS } from '../core/kql/timespan.ts';
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
  /** Exports with unread bytes, also leased ones and those that back off. */
  readonly pending: number;
  /** Exports sent to the `ingest` queue. */
  readonly queued: number;
  readonly missingContainers: readonly string[];
  /** Age of the oldest unread bytes; 0 where all are read. */
  readonly oldestUnreadMs: number;
  /** Rows of `Exports` removed because of their age. */
  readonly expired: number;
}

/** Time between two sweeps. */
const SCHEDULE_MS = 5 * MINUTE_MS;

/**
 * Queues every export with unread bytes on the `ingest` queue. The sweep is needed because no event reports an append. It
 * lists the blobs and the rows once each.
 *
 * It queues nothing while at least as many messages wait as exports are pending, so that a long backlog does not
 * multiply: each export has a message, or repeated messages of others will be consumed first. The first sweep of an hour
 * does not check the queue, so that a lost message is replaced within the hour.
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
      total.expired += await expire(stores, states.values(), settings.historyDays, now);
    } catch (error) {
      errors.push(error);
    }
  }
  let queued = 0;
  try {
    queued = await queue(stores, ready, total.pending, now);
  } catch (error) {
    errors.push(error);
  }
  // A container that cannot be read does not stop the sweep of the others.
  if (errors.length > 0)
    throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'several parts of the sweep failed');
  return { ...total, queued, missingContainers };
}

/** Queues the ready exports, unless at least as many messages wait as exports are pending. Returns their number. */
async function queue({ queues }: Stores, ready: readonly ExportInfo[], pending: number, now: number): Promise<number> {
  if (ready.length === 0) return 0;
  // The host can start a timer a moment early.
  const scheduled = Math.round(now / SCHEDULE_MS) * SCHEDULE_MS;
  const isFirstOfHour = scheduled % HOUR_MS === 0;
  const waiting = isFirstOfHour ? 0 : await queues.waiting('ingest');
  if (waiting >= pending) return 0;
  for (const { container, name } of ready) await queues.send('ingest', { container, name });
  return ready.length;
}

/**
 * The exports with unread bytes, modified since `since` (ms since the epoch; by default within the retention), and the age
 * of the oldest unread bytes. Includes leased exports and those that back off.
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
    // Not spread: a call takes about 100,000 arguments.
    for (const each of seen.unread) exports.push(each);
    oldestUnreadMs = Math.max(oldestUnreadMs, seen.oldestUnreadMs);
  }
  return { exports, oldestUnreadMs, missingContainers };
}

/** Compares the exports of a container with their states. */
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
    // A fully read export with a failure stays pending until a check succeeds.
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

/** Whether the export has unread bytes, according to the listing. */
function isUnread(blob: ExportInfo, state: ExportState | undefined): boolean {
  if (state === undefined) return blob.length > 0;
  // A refused export is checked again only after a change: it may have been replaced.
  if (state.refused) return blob.lastModified > state.lastModified;
  const changed = lastEnd(state) !== blob.length || blob.lastModified > state.lastModified;
  return changed || openSegment(state) !== null;
}

/**
 * The time since when bytes are unread (ms since the epoch): the creation of an export without a state; the newest bytes
 * of an open segment; else the last append, the earliest time that is known.
 */
function unreadSince(blob: ExportInfo, state: ExportState | undefined, now: number): number {
  if (state === undefined) return blob.created ?? blob.lastModified;
  if (state.refused) return now;
  return openSegment(state) === null ? blob.lastModified : state.lastModified;
}

/** Whether it can be read now: neither leased nor backing off. */
function isReady(state: ExportState | undefined, now: number): boolean {
  return state === undefined || (!isLeased(state, null, now) && !isBackingOff(state, null, now));
}

async function expire(
  stores: Stores,
  states: Iterable<ExportState>,
  historyDays: number,
  now: number,
): Promise<number> {
  // A clock that is ahead removes nothing that a correct clock keeps.
  const rows = [...states];
  const newest = rows.reduce((latest, { lastModified }) => Math.max(latest, lastModified), 0);
  const before = Math.min(now, newest) - historyDays * DAY_MS;
  let expired = 0;
  for (const state of rows) {
    if (state.lastModified >= before) continue;
    await stores.exportStates.remove(state);
    expired++;
  }
  return expired;
}
