import { Buffer } from 'node:buffer';
import { closeSync, readSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { unnamedFile } from '../storage/unnamed_file.ts';

/** The temporary file cannot be written or read. The message says what to do. */
export class SpillError extends Error {
  override readonly name = 'SpillError';
}

/** Bytes for another thread of this process. The file stays open until that thread closes it. */
export interface HandedBytes {
  readonly blocks: readonly Uint8Array<ArrayBuffer>[];
  readonly file: number | null;
  readonly folder: string;
}

const BLOCK_BYTES = 1024 * 1024;
const READ_BYTES = 64 * 1024;

/**
 * Bytes that are appended and then read: in memory up to a limit, then in a temporary file. The file has no name from the
 * start, so that nothing stays behind, however the process ends.
 */
export class SpilledBytes {
  readonly #folder: string;
  readonly #memoryBytes: number;
  #blocks: Uint8Array<ArrayBuffer>[] = [];
  #file: number | null = null;
  #end = 0;

  constructor(folder: string = tmpdir(), memoryBytes = 0) {
    this.#folder = folder;
    this.#memoryBytes = memoryBytes;
  }

  /** What another thread has handed over; it can be read and closed. */
  static of({ blocks, file, folder }: HandedBytes): SpilledBytes {
    const bytes = new SpilledBytes(folder);
    bytes.#blocks = [...blocks];
    bytes.#file = file;
    return bytes;
  }

  /** The place of the next byte. */
  get end(): number {
    return this.#end;
  }

  /** Throws a SpillError. */
  append(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#file === null && this.#end + bytes.length <= this.#memoryBytes) {
      this.#keep(bytes);
      return;
    }
    this.#moveToFile();
    this.#write(bytes);
  }

  /** The bytes from a place on: at least one, and none from `end` on. Throws a SpillError. */
  read(at: number, end: number): Uint8Array {
    const block = this.#blocks[Math.floor(at / BLOCK_BYTES)];
    const from = at % BLOCK_BYTES;
    if (block !== undefined) return block.subarray(from, Math.min(BLOCK_BYTES, from + end - at));
    const piece = Buffer.alloc(Math.min(READ_BYTES, end - at));
    const read = this.#disk('read', () => readSync(this.#file ?? -1, piece, 0, piece.length, at));
    if (read === 0) throw new SpillError('the temporary file ends too early: run the command again');
    return piece.subarray(0, read);
  }

  /** For a thread that reads and closes it. This object is of no more use. */
  handOver(): HandedBytes {
    return { blocks: this.#blocks, file: this.#file, folder: this.#folder };
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    this.#blocks = [];
  }

  #keep(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const from = this.#end % BLOCK_BYTES;
      // Not of a pool: another thread takes the whole.
      if (from === 0) this.#blocks.push(new Uint8Array(BLOCK_BYTES));
      const piece = bytes.subarray(done, done + BLOCK_BYTES - from);
      this.#blocks.at(-1)?.set(piece, from);
      done += piece.length;
      this.#end += piece.length;
    }
  }

  #moveToFile(): void {
    if (this.#file !== null) return;
    this.#file = this.#disk('write', () => unnamedFile(this.#folder));
    const blocks = this.#blocks;
    const { end } = this;
    this.#blocks = [];
    this.#end = 0;
    for (const block of blocks) this.#write(block.subarray(0, end - this.#end));
  }

  #write(bytes: Uint8Array): void {
    this.#disk('write', () => {
      for (let done = 0; done < bytes.length; ) {
        const written = writeSync(this.#file ?? -1, bytes, done, bytes.length - done, this.#end);
        done += written;
        this.#end += written;
      }
    });
  }

  #disk<T>(what: 'read' | 'write', call: () => T): T {
    try {
      return call();
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
      throw new SpillError(
        `cannot ${what} the temporary file in ${this.#folder} (${code}): set TMPDIR to a folder with free space, or give fewer files`,
        { cause },
      );
    }
  }
}
