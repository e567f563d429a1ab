import type { Buffer } from 'node:buffer';
import type { ReadFault } from '../core/records/reading.ts';
import type { MissingColumns } from '../core/records/table_header.ts';

/** A line of an export to be parsed, without its line end. */
export interface Line {
  /** Byte offset of its first byte in the export. */
  readonly offset: number;
  /** Bytes of the line in the export, without the line end; more than `bytes` holds where the line is too long. */
  readonly length: number;
  readonly bytes: Buffer;
  /** Of a row: the columns that its table should have and does not. */
  readonly missing?: MissingColumns;
}

export interface FaultyLine extends Line {
  readonly fault: ReadFault;
}
