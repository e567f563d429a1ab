import { type FaultCounts, FaultyLines } from './faulty_lines.ts';
import type { FaultyLine, Line } from './line.ts';

/** The lines of one piece of an export. Their bytes are views, valid until the next batch. */
export interface LineBatch {
  /** Lines that contain a pre-filter token. */
  readonly hits: readonly Line[];
  /** Lines without a pre-filter token, while the probe is active. */
  readonly probes: readonly Line[];
  /**
   * Lines that are not a JSON object or array, or XML, by their first and last byte, or no row: the first, and how many more.
   */
  readonly malformed: { readonly kept: readonly FaultyLine[]; readonly more: FaultCounts };
  /** Lines over `maxLineBytes`; of each the first `KEPT_BYTES`. */
  readonly tooLong: readonly Line[];
  /** Number of all non-blank lines, those above included. */
  readonly lines: number;
  /** Byte offset after the last whole line and its line end. */
  readonly end: number;
}

/** A batch that a reader fills. */
export class FilledBatch implements LineBatch {
  readonly hits: Line[] = [];
  readonly probes: Line[] = [];
  readonly malformed = new FaultyLines();
  readonly tooLong: Line[] = [];
  lines = 0;
  end = 0;
}
