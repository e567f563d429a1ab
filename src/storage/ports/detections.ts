import type {
  Detection,
  DetectionState,
  DetectionSummary,
  Severity,
  SinkDelivery,
} from '../../core/detections/detection.ts';
import type { Verdict, VerdictValue } from '../../core/detections/verdict.ts';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Partition } from './hourly_counts.ts';
import type { OutboxChange } from './outbox.ts';
import type { Versioned } from './versioned.ts';

/** Rare addresses of the same process on the device, beside one that matches by itself. */
export interface ListedAddresses {
  /** The run that wrote the list. */
  readonly asOf: Timestamp;
  /** Those with the most connections first. */
  readonly remoteIPs: readonly string[];
}

/** A row of Detections: the columns of the scorer, one of the notifier per sink, the analyst's verdict, and a list of the process view. */
export interface DetectionRow {
  readonly detection: Detection;
  readonly deliveries: Readonly<Record<string, SinkDelivery>>;
  readonly verdict: Verdict | null;
  /** Absent where there are none. */
  readonly otherAddresses?: ListedAddresses;
}

/** Selects detections by their columns; all where nothing is set. The store compares, and answers only what fits. */
export interface DetectionRowFilter {
  /** `active`: new or ongoing. */
  readonly state?: DetectionState | 'active';
  /** Exactly this name. */
  readonly device?: string;
  readonly severity?: Severity;
  readonly source?: string;
  /** Exactly this address, or `*` for processes as a whole. */
  readonly remote?: string;
  readonly suppressed?: boolean;
  readonly verdict?: VerdictValue;
  /** Last match at or after this instant. */
  readonly since?: Timestamp;
}

/** A position in key order, in the notation of the store: only the store that gave it can read it. */
export interface RowPosition {
  readonly partition: string;
  readonly row: string;
}

/** The answer to one request. It may have no row and still not be the last. */
export interface SummaryPage {
  readonly rows: readonly SummaryRow[];
  /** Where the next page begins; null on the last. */
  readonly next: RowPosition | null;
}

/** A row without its long columns, for lists and counts. */
export interface SummaryRow {
  readonly detection: DetectionSummary;
  readonly deliveries: Readonly<Record<string, SinkDelivery>>;
  readonly verdict: Verdict | null;
}

/** What the process view asks of a detection that is new or ongoing. */
export interface ActiveList {
  readonly id: string;
  /** null where there is none. */
  readonly otherAddresses: ListedAddresses | null;
}

/** Rows of one transaction. */
export const MAX_UPDATED = 100;

/** What the scorer writes over the version of a row that it read. */
export interface UpdatedDetection {
  readonly detection: Detection;
  readonly version: string;
}

/** The `Detections` table. Each writer has columns of its own and merges only these. */
export interface Detections {
  get(id: string): Promise<Versioned<DetectionRow> | null>;
  /** The rows of a partition in key order, the order of HourlyCounts; a page at a time. */
  scan(partition: Partition): AsyncIterable<readonly Versioned<DetectionRow>[]>;
  /**
   * The rows that match the filter, in key order, a page at a time: without the long columns, and with the deliveries to
   * the named sinks alone.
   */
  summaries(filter: DetectionRowFilter, sinks: readonly string[]): AsyncIterable<readonly SummaryRow[]>;
  /**
   * The same by one request: at most `most` rows (1 to 1,000) from a position on, null for the start. Null where the store
   * cannot read the position.
   */
  summaryPage(
    filter: DetectionRowFilter,
    sinks: readonly string[],
    most: number,
    from: RowPosition | null,
  ): Promise<SummaryPage | null>;
  /** Of all new and ongoing detections their list, in key order, a page at a time: pages of up to 1,000 rows of few columns. */
  activeLists(): AsyncIterable<readonly Versioned<ActiveList>[]>;
  /** Scorer: writes a row that must not exist yet, with its rows of the outbox. The new version; null where it exists. */
  insert(detection: Detection, changes?: readonly OutboxChange[]): Promise<string | null>;
  /**
   * Scorer: writes its columns, and what changes in the outbox, if the row still has that version. The new version; null,
   * with nothing written, where it has another.
   */
  update(detection: Detection, version: string, changes?: readonly OutboxChange[]): Promise<string | null>;
  /**
   * Scorer: writes its columns of at most `MAX_UPDATED` detections of one partition, each if its row still has that version,
   * and nothing of the outbox. The ids of those that are not written: another writer changed or removed the row, or the
   * store cannot write it together with others.
   */
  updateAll(rows: readonly UpdatedDetection[]): Promise<readonly string[]>;
  /** Changes what one sink is to receive, likewise. */
  mark(id: string, change: OutboxChange, version: string): Promise<string | null>;
  /** A person: writes a verdict in the place of an earlier one, likewise. */
  recordVerdict(id: string, verdict: Verdict, version: string): Promise<string | null>;
  /** The process view: writes its list in the place of an earlier one, likewise. */
  listAddresses(id: string, listed: ListedAddresses, version: string): Promise<string | null>;
  /** Removes the rows that still have the given version; ignores the others. */
  remove(rows: readonly { readonly id: string; readonly version: string }[]): Promise<void>;
}
