import type { Suppression } from '../../core/detections/suppression.ts';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Partition } from './hourly_counts.ts';

/** The detections of one partition that an entry suppressed in its newest run with any. */
export interface SuppressedCount {
  readonly asOf: Timestamp;
  /** Active detections. */
  readonly detections: number;
  /** The asOf of the first run in which it suppressed a detection of the partition. */
  readonly since: Timestamp;
}

/** A row of Suppressions: the entry, and the count that each partition's scorer writes, by partition. */
export interface SuppressionRow {
  readonly suppression: Suppression;
  readonly suppressed: Readonly<Record<string, SuppressedCount>>;
}

/** The `Suppressions` table. */
export interface Suppressions {
  /** All entries, expired ones included, in no particular order; a page at a time. */
  list(): AsyncIterable<readonly SuppressionRow[]>;
  /** Writes an entry that must not exist yet; false where the id exists. */
  insert(suppression: Suppression): Promise<boolean>;
  /** Scorer: writes the count of its partition, in a column of its own; writes nothing where the entry is gone. */
  count(id: string, partition: Partition, suppressed: SuppressedCount): Promise<void>;
  /** Removes an entry; false where the id does not exist. */
  remove(id: string): Promise<boolean>;
}
