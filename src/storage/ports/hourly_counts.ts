import type { Hour } from '../../core/kql/bin.ts';
import type { Contribution } from '../../core/records/contribution.ts';
import type { Day } from '../../core/records/day.ts';
import type { Facts } from '../../core/records/report.ts';

/** The sixteen partitions of HourlyCounts and Detections: the first digit of the groupId. */
export type Partition = string & { readonly __unit: 'partition' };

/** A contribution with its facts; reads of many rows omit the facts. */
export interface ContributionRow extends Contribution {
  readonly facts: Facts;
}

/** A row that the service refuses permanently. */
export interface Refusal {
  readonly row: ContributionRow;
  /** The service's code: `EntityTooLarge`, `PropertyValueTooLarge`, … */
  readonly code: string;
}

/** What a segment changed: an hour of a partition, or one group in an hour. */
export interface Touched {
  readonly hour: Hour;
  /** null for all groups of the hour. */
  readonly groupId: string | null;
  /** 32 hex digits (`segmentIdOf`). */
  readonly segmentId: string;
}

/** A touched entry as it was read. */
export interface TouchedEntry extends Touched {
  /** Each write of the entry changes it. */
  readonly version: string;
}

export interface MergeOptions {
  /** Whether the day's table is created where it is missing. */
  readonly mayCreate: boolean;
}

/** Rows by partition and hour, in a table per UTC day, and beside them the entries that say what segments changed. */
export interface HourlyCounts {
  /**
   * Writes rows of one partition and one day, with different keys, and the entries that announce them. A transaction holds
   * rows and their entries: where the rows are split, each part has the entries of its rows. So every stored row has been
   * announced. At most 100 rows and entries together. A row follows from its key, so writing it again changes nothing but
   * the versions of the entries. Returns the rows that the service refuses, which are not announced; the others are
   * written. `closed`: the table is missing and may not be created, or is being deleted.
   */
  merge(
    partition: Partition,
    day: Day,
    rows: readonly ContributionRow[],
    touched: readonly Touched[],
    options: MergeOptions,
  ): Promise<readonly Refusal[] | 'closed'>;
  /** The days that have a table, oldest first. */
  days(): Promise<readonly Day[]>;
  /** The names of tables of counts in a format that this version neither reads nor writes, in order. */
  otherFormats(): Promise<readonly string[]>;
  /** The touched entries of a partition and day, a page at a time. */
  touched(partition: Partition, day: Day): AsyncIterable<readonly TouchedEntry[]>;
  /** Removes entries, each only if it still has the version that was read. */
  settle(partition: Partition, day: Day, entries: readonly TouchedEntry[]): Promise<void>;
  /**
   * The rows of one hour in order of groupId, time and contribution, a page at a time. Rows written during the read may be
   * missing.
   */
  hour(partition: Partition, hour: Hour): AsyncIterable<readonly Contribution[]>;
  /** The rows of one day in order of hour, then as `hour` gives them. Few requests where a day has few rows. */
  day(partition: Partition, day: Day): AsyncIterable<readonly Contribution[]>;
  /** The rows of one group in one hour, in time order, with their facts, a page at a time. */
  ofGroup(hour: Hour, groupId: string): AsyncIterable<readonly ContributionRow[]>;
  /** Removes the table of a day; ignores a day that has none. */
  removeDay(day: Day): Promise<void>;
}
