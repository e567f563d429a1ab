import type { Detection, DetectionState, DetectionSummary, SinkDelivery } from '../../core/detections/detection.ts';
import type { Verdict } from '../../core/detections/verdict.ts';
import type { Partition } from './hourly_counts.ts';
import type { OutboxChange } from './outbox.ts';
import type { Versioned } from './versioned.ts';

/** A row of Detections: the scorer's columns, the notifier's column per sink, and the analyst's verdict. */
export interface DetectionRow {
  readonly detection: Detection;
  readonly deliveries: Readonly<Record<string, SinkDelivery>>;
  readonly verdict: Verdict | null;
}

/** Selects detections by state and device; all where neither is set. */
export interface DetectionRowFilter {
  readonly state?: DetectionState;
  readonly device?: string;
}

/** A row without its long columns, for lists and counts. */
export interface SummaryRow {
  readonly detection: DetectionSummary;
  readonly deliveries: Readonly<Record<string, SinkDelivery>>;
  readonly verdict: Verdict | null;
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
  /** Scorer: writes a row that must not exist yet, with its rows of the outbox. The new version; null where it exists. */
  insert(detection: Detection, changes?: readonly OutboxChange[]): Promise<string | null>;
  /**
   * Scorer: writes its columns, and what changes in the outbox, if the row still has that version. The new version; null,
   * with nothing written, where it has another.
   */
  update(detection: Detection, version: string, changes?: readonly OutboxChange[]): Promise<string | null>;
  /** Changes what one sink is to receive, likewise. */
  mark(id: string, change: OutboxChange, version: string): Promise<string | null>;
  /** A person: writes a verdict in the place of an earlier one, likewise. */
  recordVerdict(id: string, verdict: Verdict, version: string): Promise<string | null>;
  /** Removes the rows that still have the given version; ignores the others. */
  remove(rows: readonly { readonly id: string; readonly version: string }[]): Promise<void>;
}
