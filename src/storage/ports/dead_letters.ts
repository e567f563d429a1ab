import type { ReadFault } from '../../core/records/reading.ts';
import type { ExportRef } from './exports.ts';

/** Where in an export something stands. */
export interface RecordPlace {
  /** Byte offset of the line in the export. */
  readonly offset: number;
  /** Bytes of the line. */
  readonly length: number;
  /** The record of the line, from 0. */
  readonly record: number;
}

/** A line, a record or a row that could not be read or stored. */
export interface DeadLetter extends RecordPlace {
  readonly export: ExportRef;
  readonly reason: ReadFault | 'refused-row' | 'time-in-future';
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
