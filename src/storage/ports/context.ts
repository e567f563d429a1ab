/** The beginning of a file, as it was read by one request. */
export interface ContextFileStart {
  /** Every write changes it. */
  readonly version: string;
  /** Bytes of the whole file. */
  readonly length: number;
  /** Its first bytes, as many as were asked for or fewer. */
  readonly bytes: Uint8Array;
}

/**
 * The files in which a run leaves what the next run needs to know of the fleet. Each is written in one piece. A name has
 * letters, digits and `/ - : .`; text order is the order of a listing.
 */
export interface ContextFiles {
  /** The first bytes of a file, at most `most`; null where there is none. */
  open(name: string, most: number): Promise<ContextFileStart | null>;
  /** The bytes `[start, end)` of a version of a file, `start < end`; null where the file has another version, or is gone. */
  read(name: string, version: string, start: number, end: number): Promise<Uint8Array | null>;
  /** Writes a file, whatever was there. Repeating it changes nothing but the version. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** The names of all files, a page at a time, in order. */
  names(): AsyncIterable<readonly string[]>;
  /** Removes a file; ignores one that does not exist. */
  remove(name: string): Promise<void>;
}
