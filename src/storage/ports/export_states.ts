import type { Source } from '../../core/records/report.ts';
import type { ExportRef } from './exports.ts';
import type { Versioned } from './versioned.ts';

/** How far an export has been read: a row of the `Exports` table. Frozen format: see docs/architecture.md, State. */
export interface ExportState extends ExportRef {
  /** Raised by one when the export was found replaced or cut short: everything below begins anew. */
  readonly generation: number;
  /** Segment boundaries: segment n is the bytes `[ends[n-1] ?? 0, ends[n])`. */
  readonly ends: readonly number[];
  /** Segments that are done; the one after them, if `ends` has it, is claimed. */
  readonly applied: number;
  /** When the open claim was made (ms since the epoch), null where none is open. */
  readonly leasedAt: number | null;
  /** Who made it: a word that one worker knows as its own, should the answer to its claim be lost; '' where none is open. */
  readonly leasedBy: string;
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
