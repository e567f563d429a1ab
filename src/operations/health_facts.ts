import type { Timestamp } from '../core/kql/timestamp.ts';
import type { BadRow } from '../storage/ports/bad_row.ts';
import type { NotificationCounts } from './notification_counts.ts';
import type { RunHistory } from './run_history.ts';
import type { Section } from './section.ts';

/** An export that cannot be read at present, and why. */
export interface StuckExport {
  /** container/name, as `replay` takes it. */
  readonly export: string;
  readonly reason: string;
  readonly failures: number;
  /** ISO 8601; '' where there is no automatic retry. */
  readonly nextTry: string;
}

/** The facts from which the problems follow. A member of a section without an answer is null. */
export interface HealthFacts {
  /** Sections without an answer: what is true of them is unknown. */
  readonly unavailable: readonly Section[];
  /** Null also where there was no run within two days. */
  readonly lastRun: RunHistory['lastRun'];
  /** Ends of windows of the last two days that no run scored, between windows that were scored. */
  readonly unscoredHours: readonly Timestamp[] | null;
  /** Exports with unread data, and how long the oldest has waited (ms). */
  readonly unread: { readonly exports: number; readonly oldestMs: number } | null;
  readonly failing: readonly StuckExport[] | null;
  readonly refused: readonly StuckExport[] | null;
  readonly missingContainers: readonly string[] | null;
  readonly deadLetters: number | null;
  /** Records that carry the mark of an active source in a shape that no format knows. */
  readonly unknownShapes: number | null;
  /** By sink: pending notifications, those of them that were tried already, and failed ones. */
  readonly notifications: Readonly<Record<string, NotificationCounts>> | null;
  readonly disabledSinks: readonly string[] | null;
  /** Waiting messages by queue. */
  readonly queues: Readonly<Record<string, number>> | null;
  /** Stored rows that cannot be read and are skipped, and the first of them. */
  readonly badRows: { readonly total: number; readonly rows: readonly BadRow[] };
}
