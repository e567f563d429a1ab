import type { ReadFault } from '../../core/records/reading.ts';
import type { ExportRef } from './exports.ts';

/** The place of a record in an export. */
export interface RecordPlace {
  /** Byte offset of the line in the export. */
  readonly offset: number;
  /** Bytes of the line. */
  readonly length: number;
  /** Index of the record within the line, from 0. */
  readonly record: number;
}

/** A line, a record or a row that could not be read or stored. */
export interface DeadLetter extends RecordPlace {
  readonly export: ExportRef;
  readonly reason: ReadFault | 'refused-row' | 'time-in-future' | 'too-many-groups' | 'not-kept';
  /** The field that is the reason, by the record's own name for it; absent if the whole line is the reason. */
  readonly field?: string;
  /** With `refused-row`: the service's code. */
  readonly code?: string;
  /** With `too-many-groups`: the reports of one device in the segment that are not counted; the place is that of the first. */
  readonly reports?: number;
  /** With `not-kept`: the dead letters beyond the first of the export, by reason; the place is the whole segment. */
  readonly notKept?: Readonly<Record<string, number>>;
  /** The first 64 KiB of the line, or of the row as JSON. */
  readonly bytes: Uint8Array;
}

/** Writes the dead letters of one segment; holds only a few at a time. */
export interface DeadLetterWriter {
  add(letter: DeadLetter): Promise<void>;
  /** Publishes the added letters and replaces those of an earlier pass over the segment; without letters it removes those. */
  close(): Promise<void>;
  /** Discards the added letters. */
  abort(): Promise<void>;
}

export interface DeadLetters {
  /** `repeat`: an earlier pass may have written letters, which a pass without letters must remove. */
  open(segmentId: string, options: { repeat: boolean }): DeadLetterWriter;
  /** All letters, by age or by name of their segments, one at a time. */
  list(): AsyncIterable<DeadLetter>;
  /** Removes letters that were written before this time (ms since the epoch). */
  expire(before: number): Promise<void>;
}
