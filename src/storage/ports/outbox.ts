import type { Severity, SinkDelivery } from '../../core/detections/detection.ts';
import type { Strength } from '../../core/detections/strength.ts';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Partition } from './hourly_counts.ts';
import type { Versioned } from './versioned.ts';

/** Names a row of the outbox: a sink, and the revision of a detection that the sink is still to receive. */
export interface PendingKey {
  readonly sink: string;
  readonly groupId: string;
  readonly episode: Timestamp;
  readonly revision: number;
  /** When it became pending: rows are listed by it, the most severe first. */
  readonly severity: Severity;
}

/**
 * A notification that a sink is still to receive. Its row is in the partition of its detection, and is written and
 * removed in the transaction that says so at the detection (`SinkDelivery`), so a crash cannot separate the two.
 */
export interface PendingNotification extends PendingKey, Strength {
  /** How often it was leased. */
  readonly attempts: number;
  /** When it was first leased (ms since the epoch); null for never. */
  readonly firstAt: number | null;
  /** Answer to the last attempt, as in `SinkDelivery`; '' where none has come. */
  readonly answer: string;
  /** Not to be sent before (ms since the epoch); 0 for at once. */
  readonly nextTry: number;
  /** When the lease on it was taken (ms since the epoch); 0 where nobody sends it. */
  readonly leasedAt: number;
  /** Id of the digest that it was, or may have been, sent within; '' for none. */
  readonly digest: string;
  /** It became pending in the run that ended the baseline, whose detections go into one digest. */
  readonly isOfBaseline?: true;
}

/** What a write of a detection changes for one sink, in the same transaction. */
export interface OutboxChange {
  readonly sink: string;
  /** What the detection says of the sink from then on. */
  readonly delivery: SinkDelivery;
  /** A row to write. With `onlyIfMissing` nothing at all is written where the row exists: somebody may hold a lease on it. */
  readonly put?: PendingNotification;
  readonly onlyIfMissing?: boolean;
  /** A row to remove; it may be gone already. */
  readonly remove?: PendingKey;
}

/** What became of a notification. */
export interface SettledNotification {
  readonly pending: PendingKey;
  readonly delivery: SinkDelivery;
}

/** Rows of one transaction. */
export const MAX_REPLACED = 100;
/** Each is two rows of one transaction: the detection, and the row of the outbox. */
export const MAX_SETTLED = 50;

/** The rows of the outbox, which stand in the `Detections` table. */
export interface Outbox {
  /** What is pending for a sink in one partition, the most severe first; a page at a time. */
  list(partition: Partition, sink: string): AsyncIterable<readonly Versioned<PendingNotification>[]>;
  get(key: PendingKey): Promise<Versioned<PendingNotification> | null>;
  /** The ids (`pendingIdOf`) of all rows of a partition, of whatever sink; a page at a time. */
  ids(partition: Partition): AsyncIterable<readonly string[]>;
  /**
   * Writes at most `MAX_REPLACED` rows of one partition, if all of them still have their versions. The new versions, in
   * order; null, with nothing written, where one of them has another or is gone.
   */
  replace(rows: readonly Versioned<PendingNotification>[]): Promise<readonly string[] | null>;
  /**
   * Removes at most `MAX_SETTLED` rows of one partition, and writes at their detections what became of them. False, with
   * nothing written, where one of the rows, or of the detections, is gone.
   */
  settle(settled: readonly SettledNotification[]): Promise<boolean>;
  /** Removes a row whose detection knows nothing of it; it may be gone already. */
  discard(key: PendingKey): Promise<void>;
}
