import type { Timestamp } from '../kql/timestamp.ts';
import { remembered } from '../text/remembered.ts';
import type { Facts, GroupKey } from './report.ts';

/** The count that one report, or one block of raw events, adds to one hour of one group: one row of HourlyCounts. */
export interface Contribution extends GroupKey {
  /** 128 bits, 32 hex digits. The first 8 depend on the address alone, so that its groups are adjacent. */
  readonly groupId: string;
  /** A report's own time; the hour of raw events. */
  readonly Timestamp: Timestamp;
  /** 64 bits, 16 hex digits: a hash of the report's identity, or of the block. */
  readonly contribution: string;
  readonly count: number | null;
  /** Whether everything that it counts is a failed attempt. */
  readonly failed: boolean;
  /** 64 bits of the hash of the program's file, 16 hex digits; null where the telemetry has none. */
  readonly programHash: string | null;
}

/**
 * What a contribution counts, without its identity. A count file keeps its time to the second, with the smallest fraction where it
 * was not exactly on the second: every edge of a window needs that. Of the programs of a group it
 * keeps one for each part, the newest.
 */
export interface Counted extends Omit<Contribution, 'contribution'> {
  /** Timestamp in whole seconds since 1970, where the reader of the row knows it: of a text it is read again for each row. */
  readonly second?: number;
}

/** The part of a groupId that all groups of one address (of one source) share. */
export function addressPartOf(groupId: string): string {
  return groupId.slice(0, 8);
}

/** `ConnectionFailedAggregatedReport`, `ConnectionFailed`: Defender's names, ignoring case. */
export function isFailure({ ActionType = '' }: Facts): boolean {
  return isFailed(ActionType);
}

const isFailed = remembered((actionType) => /^ConnectionFailed/i.test(actionType));

/** Begins with 64 bits of a hash in hex. */
const HASH = /^[0-9a-f]{16}/i;

/** SHA-1 first: Defender fills it most often, and one program must not have two hashes. */
export function programHashOf({ InitiatingProcessSHA1, InitiatingProcessSHA256 }: Facts): string | null {
  return (InitiatingProcessSHA1 && partOfHash(InitiatingProcessSHA1)) || partOfHash(InitiatingProcessSHA256 ?? '');
}

const partOfHash = remembered((hash) => HASH.exec(hash)?.[0].toLowerCase() ?? null);
