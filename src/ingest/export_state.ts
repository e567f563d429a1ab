import { HOUR_MS, MINUTE_MS } from '../core/kql/timespan.ts';
import { addCounters, NO_COUNTERS } from '../reading/counters.ts';
import { backoffMs } from '../storage/backoff.ts';
import type { ExportState } from '../storage/ports/export_states.ts';
import type { ExportInfo } from '../storage/ports/exports.ts';
import type { Cut } from './segment_cutter.ts';

const SECOND_MS = 1_000;
/** A lease expires after this time; then any worker may take the segment. */
const LEASE_MS = 10 * MINUTE_MS;
const BACKOFF = { firstMs: MINUTE_MS, longestMs: 6 * HOUR_MS };
const LEASE_EXPIRED = 'a worker stopped before the segment was done';
/** The reason for refusing a replaced export. */
export const REPLACED =
  'it was replaced or cut short after its raw events had been counted, ' +
  'and they cannot be distinguished from those that it holds now; it is not read further';

/** The state of an export before the first read. */
export function newState({ container, name, created, lastModified }: ExportInfo): ExportState {
  return {
    container,
    name,
    generation: 0,
    ends: [],
    applied: 0,
    leasedAt: null,
    leasedBy: '',
    tail: '',
    recognised: false,
    otherSource: null,
    unknownShape: null,
    raw: false,
    created,
    searched: 0,
    lastModified,
    counters: NO_COUNTERS,
    failures: 0,
    nextTry: 0,
    reason: '',
    refused: false,
  };
}

/** The export was replaced or cut short: its present content is read from the first byte. */
export function nextGeneration(state: ExportState, info: ExportInfo): ExportState {
  return { ...newState(info), generation: state.generation + 1 };
}

/** Its present content is read from the first byte, regardless of the counts from earlier content. */
export function readAgain(state: ExportState): ExportState {
  return nextGeneration(state, { ...state, length: 0 });
}

/** All segments are read again with the same cuts, and write the same rows. */
export function replayed(state: ExportState): ExportState {
  return {
    ...state,
    ...UNLEASED,
    ...NO_FAILURE,
    applied: 0,
    counters: NO_COUNTERS,
    otherSource: null,
    unknownShape: null,
    refused: false,
  };
}

export interface Segment {
  readonly start: number;
  readonly end: number;
}

/** The segment that is or was leased and is not done; null where all are done. */
export function openSegment(state: ExportState): Segment | null {
  const end = state.ends[state.applied];
  return end === undefined ? null : { start: state.ends[state.applied - 1] ?? 0, end };
}

/** The last byte that any segment covers. */
export function lastEnd(state: ExportState): number {
  return state.ends.at(-1) ?? 0;
}

/**
 * Whether another worker holds the lease of the open segment (any worker, where `worker` is null). A lease from the future
 * expires too, as long after its time as before it: a wrong clock must not block the export.
 */
export function isLeased(state: ExportState, worker: string | null, now: number): boolean {
  return state.leasedAt !== null && state.leasedBy !== worker && Math.abs(now - state.leasedAt) < LEASE_MS;
}

/** When the lease of the open segment ends (ms since the epoch); null where there is none. */
export function leaseEndOf({ leasedAt }: Pick<ExportState, 'leasedAt'>): number | null {
  return leasedAt === null ? null : leasedAt + LEASE_MS;
}

/**
 * When work that met a lease is tried again, in ms from now: after as long as the lease has been held, at least half a
 * second and no later than its end. A worker that reads releases its lease in seconds and is met once more; one that died
 * is met some ten times in the ten minutes.
 */
export function leaseRetryMs(leaseEnds: number, now: number): number {
  const leftMs = Math.max(0, leaseEnds - now);
  return Math.min(leftMs + SECOND_MS, Math.max(SECOND_MS / 2, LEASE_MS - leftMs));
}

/** Its worker stops: any worker may lease the open segment at once. It is no failure. */
export function released(state: ExportState): ExportState {
  return { ...state, ...UNLEASED };
}

/** Whether it failed and its next try is later. The holder of the lease continues. Never longer than the longest back-off. */
export function isBackingOff(state: ExportState, worker: string | null, now: number): boolean {
  const waitMs = state.nextTry - now;
  return waitMs > 0 && waitMs <= BACKOFF.longestMs && (state.leasedAt === null || state.leasedBy !== worker);
}

/** `worker` leases the open segment. An expired lease of another worker counts as a failure. */
export function leased(state: ExportState, { created }: ExportInfo, worker: string, now: number): ExportState {
  const hasExpired = state.leasedAt !== null && state.leasedBy !== worker;
  return { ...(hasExpired ? failed(state, LEASE_EXPIRED, now) : state), created, leasedAt: now, leasedBy: worker };
}

/** `worker` cuts a segment and leases it. */
export function leasedUpTo(state: ExportState, cut: Cut, info: ExportInfo, worker: string, now: number): ExportState {
  const ends = [...state.ends, cut.end];
  // An export that was refused before its first cut has lines now.
  return {
    ...leased(state, info, worker, now),
    lastModified: info.lastModified,
    ends,
    tail: cut.tail,
    refused: false,
  };
}

/** Whether records of an active source were read from it. */
export function hasActive({ counters }: Pick<ExportState, 'counters'>): boolean {
  return counters.reports + counters.excluded + counters.expired > 0;
}

/** Whether the sources of its records are known. */
export function isSettled(state: ExportState): boolean {
  return state.recognised && (hasActive(state) || state.otherSource !== null);
}

type Read = Pick<ExportState, 'counters' | 'recognised' | 'otherSource' | 'unknownShape'>;

/** The open segment is done. */
export function committed(state: ExportState, { counters, recognised, otherSource, unknownShape }: Read): ExportState {
  return {
    ...state,
    ...UNLEASED,
    ...NO_FAILURE,
    applied: state.applied + 1,
    recognised: state.recognised || recognised,
    otherSource: state.otherSource ?? otherSource,
    unknownShape: state.unknownShape ?? unknownShape,
    counters: addCounters(state.counters, counters),
  };
}

/** A failed try: the next one follows after a back-off that doubles each time, up to six hours. Keeps a reason of refusal. */
export function failed(state: ExportState, why: string, now: number): ExportState {
  const reason = state.refused ? state.reason : why;
  const failures = state.failures + 1;
  return { ...state, ...UNLEASED, failures, nextTry: now + backoffMs(BACKOFF, failures), reason };
}

/** Refused: it is not read until it changes or is replayed. */
export function refused(state: ExportState, reason: string, info: ExportInfo): ExportState {
  return { ...state, ...UNLEASED, ...NO_FAILURE, ...propertiesOf(info), refused: true, reason };
}

/** Checked, with nothing to read: clears failures, and records the change. */
export function seen(state: ExportState, info: ExportInfo): ExportState {
  const { refused, reason } = state;
  return { ...state, ...NO_FAILURE, ...propertiesOf(info), reason: refused ? reason : '' };
}

/** No line end up to its length. */
export function searched(state: ExportState, info: ExportInfo): ExportState {
  return { ...seen(state, info), searched: info.length };
}

/** Its raw events are stored from now on. */
export function withRaw(state: ExportState): ExportState {
  return { ...state, raw: true };
}

/** The properties by which a later check detects a change. */
function propertiesOf({ created, lastModified }: ExportInfo) {
  return { created, lastModified };
}

const UNLEASED = { leasedAt: null, leasedBy: '' } as const;
const NO_FAILURE = { failures: 0, nextTry: 0, reason: '' } as const;
