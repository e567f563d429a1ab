import type { Timestamp } from '../kql/timestamp.ts';
import type { GroupKey } from './report.ts';

/** What one report, or one segment of raw events, adds to one hour of one group: one row of HourlyCounts. */
export interface Contribution extends GroupKey {
  /** 128 bits, 32 hex digits. The first 8 are those of the address: its groups stand side by side. */
  readonly groupId: string;
  /** Of a report: its own time. Of raw events: the hour. */
  readonly Timestamp: Timestamp;
  /** 64 bits, 16 hex digits: the identity of the report, or the segment. */
  readonly contribution: string;
  readonly count: number | null;
}

/** The part of a groupId that all groups of one address (of one source) share. */
export function addressPartOf(groupId: string): string {
  return groupId.slice(0, 8);
}
