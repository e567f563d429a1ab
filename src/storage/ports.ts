/**
 * What the use cases need of the world, as types. Each has an adapter on Azure (src/azure) and one in memory, which
 * pass the same contract suite. Every method says what repeating it does: everything here is delivered at least once.
 */

import type { Contribution } from '../core/records/contribution.ts';
import type { Delivery, Detection, DetectionState, DetectionSummary } from '../core/detections/detection.ts';
import type { Disposition } from '../core/detections/verdict.ts';
import type { Fault } from '../core/records/reading.ts';
import type { Facts, Source } from '../core/records/report.ts';
import type { Suppression } from '../core/detections/suppression.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';

// ── Exports ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Names one export: a blob. */
export interface ExportRef {
  readonly container: string;
  readonly name: string;
}

export interface ExportInfo extends ExportRef {
  /** Bytes. */
  readonly length: number;
  /** Milliseconds since the Unix epoch; null where the service does not say. An append leaves it as it is. */
  readonly created: number | null;
  readonly lastModified: number;
}

/** The exports themselves; read only. */
export interface ExportStore {
  /** The exports of a container, in order of name; 'missing' where there is no such container (yet). */
  list(container: string): Promise<AsyncIterable<ExportInfo> | 'missing'>;
  /** One export; null where there is none. */
  info(ref: ExportRef): Promise<ExportInfo | null>;
  /**
   * Bytes `[start, end)` of an export, in pieces; fewer where the export is shorter. Throws where the export is gone.
   */
  read(ref: ExportRef, start: number, end: number): AsyncIterable<Uint8Array>;
}

/** How far an export has been read: a row of the `Exports` table. Frozen format: see docs/architecture.md, State. */
export interface ExportState extends ExportRef {
  /** Raised by one when the export was found replaced or cut short: everything below begins anew. */
  readonly generation: number;
  /** Segment boundaries: segment n is the bytes `[ends[n-1] ?? 0, ends[n])`. */
  readonly ends: readonly number[];
  /** Segments that are done; the one after them, if `ends` has it, is claimed. */
  readonly applied: number;
  /** When the open claim was made (ms since the epoch), null where none is open. */
  readonly claimedAt: number | null;
  /** Who made it: a word that one worker knows as its own, should the answer to its claim be lost; '' where none is open. */
  readonly claimedBy: string;
  /** SHA-256, hex, of the last ≤ 1 KiB before the last end; '' where there is none. */
  readonly tail: string;
  /** Whether a record of a known format was met. */
  readonly recognised: boolean;
  /** A source that is not active, of which its head holds a record; null where none was met before an active one. */
  readonly otherSource: Source | null;
  /** Whether raw events of it are stored, or may be: they have no identity by which they could be counted once more. */
  readonly raw: boolean;
  /** When the export was created, as far as we saw (ms since the epoch); null where that is not known. */
  readonly created: number | null;
  /** So far it is known to hold no line end behind its last end (bytes); 0 where nothing is known. */
  readonly searched: number;
  /** When the export last grew, as far as we saw (ms since the epoch). */
  readonly lastModified: number;
  readonly counters: Counters;
  /** Failures in a row; 0 after a segment went through. */
  readonly failures: number;
  /** Not to be tried before (ms since the epoch); 0 for at once. */
  readonly nextTry: number;
  /** Why it failed last, or why it is refused; '' where neither. Never telemetry, never a URL. */
  readonly reason: string;
  /** Whether it cannot be read as it is, and is left alone until it changes. */
  readonly refused: boolean;
}

/** What was read of an export (or a run over many), by the number. */
export interface Counters {
  readonly lines: number;
  readonly records: number;
  readonly reports: number;
  /** Valid records of other kinds. */
  readonly skipped: number;
  /** Reports on addresses that the rule does not look at. */
  readonly excluded: number;
  /** Reports older than what is kept. */
  readonly expired: number;
  readonly deadLetters: number;
}

/** A row and the version of it that was read. */
export interface Versioned<T> {
  readonly row: T;
  readonly version: string;
}

/** The `Exports` table. */
export interface ExportStates {
  get(ref: ExportRef): Promise<Versioned<ExportState> | null>;
  /** All rows of a container, in no particular order. */
  list(container: string): AsyncIterable<Versioned<ExportState>>;
  /** Writes a row that must not exist yet. The new version; null where the row exists. */
  insert(row: ExportState): Promise<string | null>;
  /** Replaces the row if it still has that version. The new version; null where it has another, or is gone. */
  replace(row: ExportState, version: string): Promise<string | null>;
  /** Removes the row, whatever its version; nothing where there is none. */
  remove(ref: ExportRef): Promise<void>;
}

// ── Hourly counts ─────────────────────────────────────────────────────────────────────────────────────────────────

/** The sixteen partitions of HourlyCounts and Detections: the first digit of the groupId. */
export type Partition = string & { readonly __unit: 'partition' };

/** A contribution with what an analyst will ask about it; the scan leaves that out. */
export interface ContributionRow extends Contribution {
  readonly facts: Facts;
}

/** A row that the service refused: it will never take it, however often it is sent. */
export interface Refusal {
  readonly row: ContributionRow;
  /** The service's code: `EntityTooLarge`, `PropertyValueTooLarge`, … */
  readonly code: string;
}

export interface HourlyCounts {
  /**
   * Writes at most 100 rows of one partition with different keys. A row follows from its key, so writing it again
   * changes nothing. Gives back the rows that the service refuses; the others are written.
   */
  merge(partition: Partition, rows: readonly ContributionRow[]): Promise<readonly Refusal[]>;
  /**
   * The rows of a partition in key order, a page at a time: the groups of one address side by side, a group's rows in
   * time order. Rows written meanwhile may or may not be met.
   */
  scan(partition: Partition): AsyncIterable<readonly Contribution[]>;
  /** The rows of one group that belong to the window (`isOfWindow`), in time order, with their facts, a page at a time. */
  read(groupId: string, after: Timestamp, asOf: Timestamp): AsyncIterable<readonly ContributionRow[]>;
  /** Removes rows of one partition; those that are gone already do not matter. */
  remove(partition: Partition, rows: readonly Contribution[]): Promise<void>;
}

// ── Dead letters ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Where in an export something stands. */
export interface Place {
  /** Byte offset of the line in the export. */
  readonly offset: number;
  /** Bytes of the line. */
  readonly length: number;
  /** The record of the line, from 0. */
  readonly record: number;
}

/** A line, a record or a row that could not be read or stored. */
export interface DeadLetter extends Place {
  readonly export: ExportRef;
  readonly reason: Fault | 'refused-row' | 'time-in-future';
  /** With `refused-row`: the service's code. */
  readonly code?: string;
  /** The first 64 KiB of the line; of a refused row: the row as JSON. */
  readonly bytes: Uint8Array;
}

/** Where the dead letters of one segment go; holds no more than a few at a time. */
export interface DeadLetterWriter {
  add(letter: DeadLetter): Promise<void>;
  /** Makes what was added visible, in place of an earlier writing of the same segment; with none added, removes that. */
  close(): Promise<void>;
  /** Forgets what was added. */
  abort(): Promise<void>;
}

export interface DeadLetters {
  /** `repeat`: the segment may have been written before, so that a writing without letters has one to remove. */
  open(segmentId: string, options: { repeat: boolean }): DeadLetterWriter;
  /** All that is kept, oldest segment first or in order of name; a letter at a time. */
  list(): AsyncIterable<DeadLetter>;
  /** Removes what was written before (ms since the epoch). */
  expire(before: number): Promise<void>;
}

// ── Detections ────────────────────────────────────────────────────────────────────────────────────────────────────

/** A row of Detections: what the scorer wrote, beside it what the notifier wrote for each sink, and what a person said. */
export interface DetectionRow {
  readonly detection: Detection;
  readonly deliveries: Readonly<Record<string, Delivery>>;
  readonly disposition: Disposition | null;
}

/** Which detections a list is about: of one state, of one device, or both; all where neither is named. */
export interface DetectionFilter {
  readonly state?: DetectionState;
  readonly device?: string;
}

/** A row without what is long: enough for a list, or to count. */
export interface SummaryRow {
  readonly detection: DetectionSummary;
  readonly deliveries: Readonly<Record<string, Delivery>>;
  readonly disposition: Disposition | null;
}

/** Each writer has columns of its own and merges only these. */
export interface Detections {
  get(id: string): Promise<Versioned<DetectionRow> | null>;
  /** The rows of a partition in key order, the order of HourlyCounts; a page at a time. */
  scan(partition: Partition): AsyncIterable<readonly Versioned<DetectionRow>[]>;
  /** All rows that are asked for, in key order; a page at a time. */
  list(filter: DetectionFilter): AsyncIterable<readonly DetectionRow[]>;
  /** The same without what is long, and with the deliveries to the sinks that are named. */
  summaries(filter: DetectionFilter, sinks: readonly string[]): AsyncIterable<readonly SummaryRow[]>;
  /** Scorer: writes a row that must not exist yet. The new version; null where it exists. */
  insert(detection: Detection): Promise<string | null>;
  /** Scorer: writes its columns if the row still has that version. The new version; null where it has another. */
  update(detection: Detection, version: string): Promise<string | null>;
  /** Notifier: writes what it knows of one sink, likewise. */
  mark(id: string, sink: string, delivery: Delivery, version: string): Promise<string | null>;
  /** A person: writes a disposition in the place of an earlier one, likewise. */
  dispose(id: string, disposition: Disposition, version: string): Promise<string | null>;
  /** Removes rows that still have the version that was read; others, and those that are gone, stay as they are. */
  remove(rows: readonly { readonly id: string; readonly version: string }[]): Promise<void>;
}

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
  /** Asked of the storage: pages, rows read or written by themselves, transactions, messages; null in rows of before. */
  readonly requests: number | null;
  /** Notifications that were due. */
  readonly due: number;
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

/** What is known of a sink between runs. */
export interface SinkState {
  readonly name: string;
  /** The asOf of the first run that met it in the settings: it hears of what opens from then on. */
  readonly since: Timestamp;
  /** The asOf of the first run that missed it in the settings, null while it is there: it hears of nothing. */
  readonly absentSince: Timestamp | null;
  /** When it said that it is gone (410), null while it has not. */
  readonly disabledAt: number | null;
  /** Hash of its settings: a disabled sink wakes when they change. */
  readonly settings: string;
  /** Tries in a row that it did not take, 0 after one that it did. */
  readonly failures: number;
  /** Nothing is sent before then (ms since the epoch); 0 for at once. */
  readonly notBefore: number;
}

/** The `Sinks` table. Scoring runs and notifiers write the same columns: each write is of the version that was read. */
export interface SinkStates {
  get(name: string): Promise<Versioned<SinkState> | null>;
  /** All rows, in order of name; as many as there ever were sinks. */
  list(): Promise<readonly Versioned<SinkState>[]>;
  /** Writes a row that must not exist yet. The new version; null where the row exists. */
  insert(state: SinkState): Promise<string | null>;
  /** Replaces the row if it still has that version. The new version; null where it has another, or is gone. */
  replace(state: SinkState, version: string): Promise<string | null>;
}

// ── Suppressions ──────────────────────────────────────────────────────────────────────────────────────────────────

/** What an entry hid of one partition, in the newest run that it hid something in. */
export interface Hidden {
  readonly asOf: Timestamp;
  /** Live detections. */
  readonly detections: number;
  /** The asOf of the first run in which it hid something of the partition. */
  readonly since: Timestamp;
}

/** A row of Suppressions: the entry, and beside it what the scorer of each partition counted, by partition. */
export interface SuppressionRow {
  readonly suppression: Suppression;
  readonly hidden: Readonly<Record<string, Hidden>>;
}

/** The `Suppressions` table. */
export interface Suppressions {
  get(id: string): Promise<SuppressionRow | null>;
  /** All entries, those that have expired among them, in no particular order; a page at a time. */
  list(): AsyncIterable<readonly SuppressionRow[]>;
  /** Writes an entry that must not exist yet; false where there is one of this id. */
  insert(suppression: Suppression): Promise<boolean>;
  /** Scorer: writes what an entry hid of its partition, in a column of its own; nothing where the entry is gone. */
  count(id: string, partition: Partition, hidden: Hidden): Promise<void>;
  /** Removes an entry; false where there was none. */
  remove(id: string): Promise<boolean>;
}

// ── Sinks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What came back, in a word that names no URL: an HTTP status, `timeout`, or the system's code for what failed. */
export type SinkAnswer =
  | { readonly kind: 'sent'; readonly answer: string }
  /** Worth another try, not before so many milliseconds where it says so. */
  | { readonly kind: 'passing'; readonly answer: string; readonly retryAfterMs?: number }
  /** The receiver wants nothing any more (410). */
  | { readonly kind: 'gone'; readonly answer: string }
  /** Another try would end the same way. */
  | { readonly kind: 'permanent'; readonly answer: string };

/** When and how many detections are told in one message. */
export interface Together {
  /** More than so many that are due go together; fewer each by itself. */
  readonly above: number;
  /** At most so many in one message. */
  readonly atMost: number;
  /** So many of them are shown, the first by average; the others are a number. */
  readonly shown: number;
  /** How long the first waits for the others of its run (ms). */
  readonly waitMs: number;
}

/** One message to a sink: of one detection, or of several. */
export interface Notification {
  /** The same for every try. */
  readonly id: string;
  /** As they are; one, or those of a digest that are shown. */
  readonly detections: readonly Detection[];
  /** Further detections of the digest. */
  readonly more: number;
  readonly digest: boolean;
}

/** One configured destination of notifications. */
export interface Sink {
  readonly name: string;
  /** Hash of its settings; tells nothing of them. */
  readonly fingerprint: string;
  /** Null: each detection by itself. */
  readonly together: Together | null;
  /** Tells once. Never throws, and takes no longer than `SEND_MS`. */
  tell(notification: Notification, now: number): Promise<SinkAnswer>;
}

/** What a receiver gets to answer in. */
export const SEND_MS = 15_000;

// ── Queues ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Messages {
  /** Export to read on. */
  readonly ingest: { readonly container: string; readonly name: string };
  /**
   * Partition to score, for the window up to asOf; what the run is to say of the exports; and the newest report that the
   * runs before have seen in any partition, '' where they have seen none.
   */
  readonly score: {
    readonly partition: string;
    readonly asOf: string;
    readonly oldestUnreadMs: number | null;
    readonly newestReport: string;
  };
  /** Sink that may have something due. A hint: the rows of Detections are the truth. */
  readonly notify: { readonly sink: string };
}

export interface Queues {
  /**
   * Puts a message on a queue, to be delivered after a delay. Doing it twice delivers it twice; delivering it twice does
   * no harm.
   */
  send<Q extends keyof Messages>(queue: Q, message: Messages[Q], delayMs?: number): Promise<void>;
  /** Messages that wait on one queue: the service's own estimate. */
  waiting(queue: keyof Messages): Promise<number>;
  /** Messages that wait, by the queue's name, those in poison queues among them: the service's own estimate. */
  lengths(): Promise<Readonly<Record<string, number>>>;
  /**
   * Takes messages off the poison queues, ours and that of the blob trigger: how many of which, none named where there
   * were none. What they were about is not lost: all work is derived from the tables and found again by the next sweep
   * or run. Doing it again finds what came since.
   */
  takePoison(): Promise<Readonly<Record<string, number>>>;
}

// ── All of them ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Everything that is kept or sent, as one hands it about. */
export interface Stores {
  readonly exports: ExportStore;
  readonly exportStates: ExportStates;
  readonly hourlyCounts: HourlyCounts;
  readonly deadLetters: DeadLetters;
  readonly detections: Detections;
  readonly runs: Runs;
  readonly sinks: SinkStates;
  readonly suppressions: Suppressions;
  readonly queues: Queues;
}

// ── Clock ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Milliseconds since the Unix epoch. */
export type Clock = () => number;
