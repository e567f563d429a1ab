import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Partition } from './hourly_counts.ts';

/** One scoring run of one partition. */
export interface Run {
  readonly asOf: Timestamp;
  readonly partition: Partition;
  readonly groups: number;
  readonly rows: number;
  /** Groups that match. */
  readonly detections: number;
  /** Detections that this run opened, and that it resolved; a repeat of the run says the same again. */
  readonly opened: number;
  readonly resolved: number;
  /** Requests to Table Storage, retries among them; null where the row does not say. */
  readonly requests: number | null;
  /** Notifications that were due. */
  readonly pending: number;
  readonly expiredRows: number;
  /** Newest report that the partition holds at or before asOf; '' where it holds none. */
  readonly newestReport: string;
  readonly durationMs: number;
  /** When it ended (ms since the epoch). */
  readonly endedAt: number;
  /**
   * How long the oldest export with something unread had waited when the run began; 0 where all were read, null where
   * that could not be found out.
   */
  readonly oldestUnreadMs: number | null;
}

export interface Runs {
  /** Writes the row of a run; a repeat of the run overwrites it. */
  put(run: Run): Promise<void>;
  /** The runs since an asOf, oldest first. */
  since(asOf: Timestamp): AsyncIterable<Run>;
  /** Removes the runs before an asOf. */
  expire(before: Timestamp): Promise<void>;
}
