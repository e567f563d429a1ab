import type { Detection, DetectionState, DetectionSummary, SinkDelivery } from '../../core/detections/detection.ts';
import type { Verdict } from '../../core/detections/verdict.ts';
import type { Partition } from './hourly_counts.ts';
import type { Versioned } from './versioned.ts';

/** A row of Detections: what the scorer wrote, beside it what the notifier wrote for each sink, and what a person said. */
export interface DetectionRow {
  readonly detection: Detection;
  readonly deliveries: Readonly<Record<string, SinkDelivery>>;
  readonly verdict: Verdict | null;
}

/** Which detections a list is about: of one state, of one device, or both; all where neither is named. */
export interface DetectionRowFilter {
  readonly state?: DetectionState;
  readonly device?: string;
}

/** A row without what is long: enough for a list, or to count. */
export interface SummaryRow {
  readonly detection: DetectionSummary;
  readonly deliveries: Readonly<Record<string, SinkDelivery>>;
  readonly verdict: Verdict | null;
}

/** Each writer has columns of its own and merges only these. */
export interface Detections {
  get(id: string): Promise<Versioned<DetectionRow> | null>;
  /** The rows of a partition in key order, the order of HourlyCounts; a page at a time. */
  scan(partition: Partition): AsyncIterable<readonly Versioned<DetectionRow>[]>;
  /** All rows that are asked for, in key order; a page at a time. */
  list(filter: DetectionRowFilter): AsyncIterable<readonly DetectionRow[]>;
  /** The same without what is long, and with the deliveries to the sinks that are named. */
  summaries(filter: DetectionRowFilter, sinks: readonly string[]): AsyncIterable<readonly SummaryRow[]>;
  /** Scorer: writes a row that must not exist yet. The new version; null where it exists. */
  insert(detection: Detection): Promise<string | null>;
  /** Scorer: writes its columns if the row still has that version. The new version; null where it has another. */
  update(detection: Detection, version: string): Promise<string | null>;
  /** Notifier: writes what it knows of one sink, likewise. */
  mark(id: string, sink: string, delivery: SinkDelivery, version: string): Promise<string | null>;
  /** A person: writes a verdict in the place of an earlier one, likewise. */
  recordVerdict(id: string, verdict: Verdict, version: string): Promise<string | null>;
  /** Removes rows that still have the version that was read; others, and those that are gone, stay as they are. */
  remove(rows: readonly { readonly id: string; readonly version: string }[]): Promise<void>;
}
