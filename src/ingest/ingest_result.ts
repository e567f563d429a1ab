import type { Source } from '../core/records/report.ts';
import type { Counters, LocatedShape } from '../storage/ports/export_states.ts';

/** How a read ended. */
export type IngestEnd =
  /** All whole lines are read. */
  | 'up-to-date'
  /** The time budget is used up, and there is more to read. */
  | 'more'
  /** This process ends. The lease is released, and any worker can continue. */
  | 'stopped'
  /** Another worker holds the lease. */
  | 'leased'
  /** It failed, and its next try is later. */
  | 'backing-off'
  /** Of a foreign format, or replaced after its raw events were counted. */
  | 'refused'
  /** The export does not exist (any more). */
  | 'gone';

export interface IngestResult {
  readonly end: IngestEnd;
  readonly segments: number;
  readonly rows: number;
  readonly counters: Counters;
  /** How often the export was replaced or cut short, and read again from the start. */
  readonly restarts: number;
  /** An inactive source with records in the export, where no record of an active one was read; else null. */
  readonly otherSource: Source | null;
  /**
   * The first record of an unknown shape; null where there is none. The counters have their number. Without the names of
   * its members, which are telemetry: this result is a line of the log.
   */
  readonly unknownShape: Omit<LocatedShape, 'members'> | null;
  /** Ids of the newest segments, at most `MAX_SEGMENT_IDS`: dead letters are named by them. */
  readonly segmentIds: readonly string[];
  /** When the lease of the other worker ends (ms since the epoch), with the end `leased` only. */
  readonly leaseEnds?: number;
}
