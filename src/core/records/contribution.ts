import type { Timestamp } from '../kql/timestamp.ts';
import type { GroupKey } from './report.ts';

/** The count that one report, or one block of raw events, adds to one hour of one group: one row of HourlyCounts. */
export interface Contribution extends GroupKey {
  /** 128 bits, 32 hex digits. The first 8 depend on the address alone, so that its groups are adjacent. */
  readonly groupId: string;
  /** A report's own time; the hour of raw events. */
  readonly Timestamp: Timestamp;
  /** 64 bits, 16 hex digits: a hash of the report's identity, or of the block. */
  readonly contribution: string;
  readonly count: number | null;
}

/** The part of a groupId that all groups of one address (of one source) share. */
export function addressPartOf(groupId: string): string {
  return groupId.slice(0, 8);
}
