import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Contribution } from '../../core/records/contribution.ts';
import type { Facts } from '../../core/records/report.ts';

/** The sixteen partitions of HourlyCounts and Detections: the first digit of the groupId. */
export type Partition = string & { readonly __unit: 'partition' };

/** A contribution with its facts; a scan omits the facts. */
export interface ContributionRow extends Contribution {
  readonly facts: Facts;
}

/** A row that the service refuses permanently. */
export interface Refusal {
  readonly row: ContributionRow;
  /** The service's code: `EntityTooLarge`, `PropertyValueTooLarge`, … */
  readonly code: string;
}

export interface HourlyCounts {
  /**
   * Writes at most 100 rows of one partition with different keys. A row follows from its key, so writing it again
   * changes nothing. Returns the rows that the service refuses; the others are written.
   */
  merge(partition: Partition, rows: readonly ContributionRow[]): Promise<readonly Refusal[]>;
  /**
   * The rows of a partition in key order, a page at a time: the groups of one address are adjacent, a group's rows are in
   * time order. Rows written during the scan may be missing.
   */
  scan(partition: Partition): AsyncIterable<readonly Contribution[]>;
  /** The rows of one group that belong to the window (`isOfWindow`), in time order, with their facts, a page at a time. */
  read(groupId: string, after: Timestamp, asOf: Timestamp): AsyncIterable<readonly ContributionRow[]>;
  /** Removes rows of one partition; ignores rows that do not exist. */
  remove(partition: Partition, rows: readonly Contribution[]): Promise<void>;
}
