import { addCounters, NO_COUNTERS } from '../reading/counters.ts';
import { backoffMs } from '../storage/backoff.ts';
import type { ExportState } from '../storage/ports/export_states.ts';
import type { ExportInfo } from '../storage/ports/exports.ts';
import type { Cut } from './segment_cutter.ts';

/** A claim younger than this is left to its owner; an older one is anybody's. */
const CLAIM_MS = 10 * 60_000;
const BACKOFF = { firstMs: 60_000, longestMs: 6 * 3_600_000 };
const LEFT = 'a worker stopped before it was done';
/** Why an export is refused that was replaced. */
export const REPLACED =
  'it was replaced or cut short after raw events of it had been counted, ' +
  'which cannot be told from those that it holds now; nothing more of it is read';

/** The state of an export that nobody has read from. */
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

/** The export was replaced or cut short: what it holds now is read from its first byte. */
export function nextGeneration(state: ExportState, info: ExportInfo): ExportState {
  return { ...newState(info), generation: state.generation + 1 };
}

/** What it holds now is read from its first byte, whatever was counted of what it held before. */
export function readAgain(state: ExportState): ExportState {
  return nextGeneration(state, { ...state, length: 0 });
}

/** The same cuts once more: everything is read again, and writes the rows that it wrote. */
export function replayed(state: ExportState): ExportState {
  return { ...state, ...UNCLAIMED, ...WELL, applied: 0, counters: NO_COUNTERS, otherSource: null, refused: false };
}

export interface Segment {
  readonly start: number;
  readonly end: number;
}

/** The segment that is claimed, or was claimed and is not done; null where all are done. */
export function openSegment(state: ExportState): Segment | null {
  const end = state.ends[state.applied];
  return end === undefined ? null : { start: state.ends[state.applied - 1] ?? 0, end };
}

/** The last byte that any segment covers. */
export function lastEnd(state: ExportState): number {
  return state.ends.at(-1) ?? 0;
}

/**
 * Whether the open segment belongs to somebody else (anybody, where no worker asks), who may still be at work. A claim
 * of the future is as old as it is ahead: a clock was wrong, and may not hold the export until it is right.
 */
export function isLeased(state: ExportState, worker: string | null, now: number): boolean {
  return state.leasedAt !== null && state.leasedBy !== worker && Math.abs(now - state.leasedAt) < CLAIM_MS;
}

/** Whether it failed, and is not to be tried yet; whoever has it in hand goes on. Never for longer than we back off. */
export function isBackingOff(state: ExportState, worker: string | null, now: number): boolean {
  const waitMs = state.nextTry - now;
  return waitMs > 0 && waitMs <= BACKOFF.longestMs && (state.leasedAt === null || state.leasedBy !== worker);
}

/** `worker` takes the open segment, which stands as it is. That its owner left it without a word is a failure like others. */
export function leased(state: ExportState, { created }: ExportInfo, worker: string, now: number): ExportState {
  const isLeft = state.leasedAt !== null && state.leasedBy !== worker;
  return { ...(isLeft ? failed(state, LEFT, now) : state), created, leasedAt: now, leasedBy: worker };
}

/** `worker` cuts a segment and takes it. */
export function leasedUpTo(state: ExportState, cut: Cut, info: ExportInfo, worker: string, now: number): ExportState {
  const ends = [...state.ends, cut.end];
  // One that was refused before its first cut has lines by now.
  return {
    ...leased(state, info, worker, now),
    lastModified: info.lastModified,
    ends,
    tail: cut.tail,
    refused: false,
  };
}

/** Whether something of an active source was read of it. */
export function hasActive({ counters }: Pick<ExportState, 'counters'>): boolean {
  return counters.reports + counters.excluded + counters.expired > 0;
}

/** Whether it is known of which sources it holds something. */
export function isSettled(state: ExportState): boolean {
  return state.recognised && (hasActive(state) || state.otherSource !== null);
}

type Read = Pick<ExportState, 'counters' | 'recognised' | 'otherSource'>;

/** The open segment is done. */
export function committed(state: ExportState, { counters, recognised, otherSource }: Read): ExportState {
  return {
    ...state,
    ...UNCLAIMED,
    ...WELL,
    applied: state.applied + 1,
    recognised: state.recognised || recognised,
    otherSource: state.otherSource ?? otherSource,
    counters: addCounters(state.counters, counters),
  };
}

/** Tried in vain: again after a while that doubles each time, up to six hours. Why it is refused stays known. */
export function failed(state: ExportState, why: string, now: number): ExportState {
  const reason = state.refused ? state.reason : why;
  const failures = state.failures + 1;
  return { ...state, ...UNCLAIMED, failures, nextTry: now + backoffMs(BACKOFF, failures), reason };
}

/** Not read: left alone until it changes, or is replayed. */
export function refused(state: ExportState, reason: string, info: ExportInfo): ExportState {
  return { ...state, ...UNCLAIMED, ...WELL, ...metAs(info), refused: true, reason };
}

/** Looked at, and nothing to read: it has not failed, and what has changed of it does not matter. */
export function seen(state: ExportState, info: ExportInfo): ExportState {
  const { refused, reason } = state;
  return { ...state, ...WELL, ...metAs(info), reason: refused ? reason : '' };
}

/** Searched for a line end up to its length, in vain. */
export function searched(state: ExportState, info: ExportInfo): ExportState {
  return { ...seen(state, info), searched: info.length };
}

/** Raw events of it are stored from now on. */
export function withRaw(state: ExportState): ExportState {
  return { ...state, raw: true };
}

/** What is kept of how an export was met, to see a change of it. */
function metAs({ created, lastModified }: ExportInfo) {
  return { created, lastModified };
}

const UNCLAIMED = { leasedAt: null, leasedBy: '' } as const;
const WELL = { failures: 0, nextTry: 0, reason: '' } as const;
