import type { Partition } from './hourly_counts.ts';

/** The file of one partition and one UTC day (`2026-11-20`). */
export interface CountFileRef {
  readonly partition: Partition;
  readonly day: string;
}

/** The beginning of a file, as it was read by one request. */
export interface CountFileStart {
  /** Every write changes it. */
  readonly version: string;
  /** Bytes of the whole file. */
  readonly length: number;
  /** Its first bytes, as many as were asked for or fewer. */
  readonly bytes: Uint8Array;
  /** Whether the file carries the mark of a sealed day. */
  readonly isSealed: boolean;
}

export interface CountFileEntry extends CountFileRef {
  readonly version: string;
  readonly length: number;
  readonly isSealed: boolean;
}

/**
 * Files that are put together of blocks. Every write names the version that it replaces: null for a file that must not
 * exist. It returns the new version; null where another write was quicker, and then it changed nothing.
 */
export interface CountFiles {
  /** The first bytes of a file, at most `most`; null where there is none. */
  open(ref: CountFileRef, most: number): Promise<CountFileStart | null>;
  /** The bytes `[start, end)` of a version of a file, `start < end`; null where the file has another version, or is gone. */
  read(ref: CountFileRef, version: string, start: number, end: number): Promise<Uint8Array | null>;
  /** Writes a file in one piece. It has no blocks then. The mark is gone. */
  put(ref: CountFileRef, bytes: Uint8Array, version: string | null): Promise<string | null>;
  /** Keeps a block for the next `commit` of this file. `id`: hex digits, as many for all blocks of a file. */
  stage(ref: CountFileRef, id: string, bytes: Uint8Array): Promise<void>;
  /** Makes the file of these blocks, of its own or staged. Another commit may have removed a staged one: null then, too. The mark is gone. */
  commit(ref: CountFileRef, ids: readonly string[], version: string | null): Promise<string | null>;
  /** Sets or removes the mark of a sealed day; the bytes stay. */
  mark(ref: CountFileRef, isSealed: boolean, version: string): Promise<string | null>;
  /** All files, a page at a time, in order of day and partition. */
  list(): AsyncIterable<readonly CountFileEntry[]>;
  /** Removes a file under any version; ignores one that does not exist. */
  remove(ref: CountFileRef): Promise<void>;
}
