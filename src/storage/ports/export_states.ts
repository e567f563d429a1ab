import type { Source } from '../../core/records/report.ts';
import type { ExportRef } from './exports.ts';
import type { Versioned } from './versioned.ts';

/** How far an export has been read: a row of the `Exports` table. Frozen format: see docs/architecture.md, State. */
export interface ExportState extends ExportRef {
  /** Raised by one when the export was found replaced or cut short: everything below starts again. */
  readonly generation: number;
  /** Segment boundaries: segment n is the bytes `[ends[n-1] ?? 0, ends[n])`. */
  readonly ends: readonly number[];
  /** Number of segments that are done; the next one, if `ends` has it, is or was leased. */
  readonly applied: number;
  /** Start of the lease (ms since the epoch), null where there is none. */
  readonly leasedAt: number | null;
  /** The worker that holds the lease, by a name that only it uses, also where the answer was lost; '' where there is none. */
  readonly leasedBy: string;
  /** SHA-256, hex, of the last ≤ 1 KiB before the last end; '' where there is none. */
  readonly tail: string;
  /** Whether a record of a known format was read. */
  readonly recognised: boolean;
  /** An inactive source with a record at the head; null where there was none before a record of an active one. */
  readonly otherSource: Source | null;
  /** The first record of an unknown shape; null where there is none. */
  readonly unknownShape: LocatedShape | null;
  /** Whether its raw events are stored, or may be: they have no identity by which a redelivery is recognized. */
  readonly raw: boolean;
  /** Creation of the export at the last check (ms since the epoch); null where it is unknown. */
  readonly created: number | null;
  /** The export has no line end between its last end and this offset (bytes); 0 where it was not searched. */
  readonly searched: number;
  /** Last change of the export at the last check (ms since the epoch). */
  readonly lastModified: number;
  readonly counters: Counters;
  /** Consecutive failures; 0 after a segment is done. */
  readonly failures: number;
  /** Earliest time of the next try (ms since the epoch); 0: at once. */
  readonly nextTry: number;
  /** Reason of the last failure or of the refusal, '' for none. Never contains telemetry or a URL. */
  readonly reason: string;
  /** Whether it cannot be read; it is not tried again until it changes. */
  readonly refused: boolean;
}

/** Counters of a read, of one export or many. */
export interface Counters {
  readonly lines: number;
  readonly records: number;
  readonly reports: number;
  /** Valid records of other kinds. */
  readonly skipped: number;
  /** Reports whose remote address is in scope for no detector. */
  readonly excluded: number;
  /** Reports older than the retention. */
  readonly expired: number;
  readonly deadLetters: number;
  /** Records that carry the mark of an active source in a shape that no format knows. */
  readonly unknownShapes: number;
  /** Reports of devices with more groups in one segment than are counted. */
  readonly overGroupLimit: number;
}

/** A record of an unknown shape, and its place. */
export interface LocatedShape {
  readonly source: Source;
  /** Byte offset of its line in the export. */
  readonly offset: number;
  /** Names of its members, escaped for display; few and short. */
  readonly members: readonly string[];
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
