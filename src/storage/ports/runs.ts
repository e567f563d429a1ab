import type { BaselineState } from '../../core/detections/baseline.ts';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Day } from '../../core/records/day.ts';
import type { Partition } from './hourly_counts.ts';

/** One scoring run of one partition. */
export interface Run {
  readonly asOf: Timestamp;
  readonly partition: Partition;
  readonly groups: number;
  readonly rows: number;
  /** Groups that match. */
  readonly detections: number;
  /** Detections that this run opened and resolved; a repeat of the run gives the same numbers. */
  readonly opened: number;
  readonly resolved: number;
  /** Requests to Table Storage, retries among them; null where the row does not say. */
  readonly requests: number | null;
  /** Pending notifications. */
  readonly pending: number;
  /** Newest report of the partition up to asOf; '' where there is none. */
  readonly newestReport: Timestamp | '';
  readonly durationMs: number;
  /** When it ended (ms since the epoch). */
  readonly endedAt: number;
  /**
   * Age of the oldest unread bytes at the start of the run; 0 where all were read, null where it is unknown.
   */
  readonly oldestUnreadMs: number | null;
  /** Rows of HourlyCounts that the run skipped because they cannot be read; health reads the other tables itself. */
  readonly badRows: number;
  /** The first of them, as a sentence (`badRowText`); '' for none. */
  readonly badRow: string;
  /** A count file that the run could not read or had to repair, as a sentence; '' for none. */
  readonly fileFault: string;
  /** Partitions that its context counts, 0 to 16; null where the row does not say. */
  readonly contextPartitions: number | null;
  /** What its context lacks, as a sentence; '' for nothing. */
  readonly contextFault: string;
}

/** Which days are closed: into a closed day nothing is counted any more. */
export interface Boundary {
  /** Days before it are closed. */
  readonly firstOpen: Day;
  /** Since when (ms since the epoch). */
  readonly since: number;
}

/** Boundaries that are kept. Each is a day later than the one before at least, and a run a time at most moves it. */
export const MAX_BOUNDARIES = 50;

export interface Runs {
  /** Writes the row of a run; a repeat of the run overwrites it. */
  put(run: Run): Promise<void>;
  /** The runs since an asOf, oldest first. */
  since(asOf: Timestamp): AsyncIterable<Run>;
  /** The asOf of the last daily removal of old rows; null before the first. */
  lastExpiry(): Promise<Timestamp | null>;
  noteExpiry(asOf: Timestamp): Promise<void>;
  /** The boundaries of closed days, oldest first, the newest `MAX_BOUNDARIES`; empty before the first. The last one is in force. */
  boundaries(): Promise<readonly Boundary[]>;
  /** Puts a boundary in force. It never moves back: one that is not later than the last changes nothing. */
  moveBoundary(next: Boundary): Promise<void>;
  /** Notes that the count files of a day are the only copy of its rows. Repeating it changes nothing. */
  noteSealed(day: Day): Promise<void>;
  /** The days that were noted, oldest first. */
  sealedDays(): Promise<readonly Day[]>;
  /** Forgets the sealed days before a day. */
  forgetSealed(before: Day): Promise<void>;
  /** How far the baseline is; `NO_BASELINE_YET` before the first run. A row that cannot be read is a baseline that has ended. */
  baseline(): Promise<BaselineState>;
  /** Notes the baseline after a run. Once it has ended it stays so, and the first run with context stays the first. */
  noteBaseline(next: BaselineState): Promise<void>;
  /** Removes the runs before an asOf. */
  expire(before: Timestamp): Promise<void>;
}
