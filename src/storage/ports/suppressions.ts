import type { Suppression } from '../../core/detections/suppression.ts';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Partition } from './hourly_counts.ts';

/** What an entry hid of one partition, in the newest run that it hid something in. */
export interface SuppressedCount {
  readonly asOf: Timestamp;
  /** Live detections. */
  readonly detections: number;
  /** The asOf of the first run in which it hid something of the partition. */
  readonly since: Timestamp;
}

/** A row of Suppressions: the entry, and beside it what the scorer of each partition counted, by partition. */
export interface SuppressionRow {
  readonly suppression: Suppression;
  readonly suppressed: Readonly<Record<string, SuppressedCount>>;
}

/** The `Suppressions` table. */
export interface Suppressions {
  get(id: string): Promise<SuppressionRow | null>;
  /** All entries, those that have expired among them, in no particular order; a page at a time. */
  list(): AsyncIterable<readonly SuppressionRow[]>;
  /** Writes an entry that must not exist yet; false where there is one of this id. */
  insert(suppression: Suppression): Promise<boolean>;
  /** Scorer: writes what an entry hid of its partition, in a column of its own; nothing where the entry is gone. */
  count(id: string, partition: Partition, hidden: SuppressedCount): Promise<void>;
  /** Removes an entry; false where there was none. */
  remove(id: string): Promise<boolean>;
}
