import { closeSync, readSync, writeSync } from 'node:fs';
import { unnamedFile } from '../storage/unnamed_file.ts';

/** Bytes at the begin of a pipe in which a date decides whether the pipe is copied. */
const HEAD_BYTES = 64 * 1024;
const READ_BYTES = 256 * 1024;
/** A date of two numbers, as a cell or as a text in JSON. */
const DATE = /(?:^|["',;\t\n])\s*\d{1,2}[/.-]\d{1,2}[/.-]\d{4}[,\sT]/;

/**
 * A pipe can be read only once. If its begin has a date of two numbers, its content is copied to a temporary file, so that
 * it can be read again with the order of day and month. The file has no name from the start, so that nothing stays behind.
 */
export class PipeCopy {
  #file: number | null = null;
  #end = 0;

  /** The content, which is copied while it is read. */
  async *copied(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const head: Uint8Array[] = [];
    let headBytes = 0;
    try {
      for await (const chunk of content) {
        if (headBytes >= HEAD_BYTES) {
          this.#write(chunk);
          yield chunk;
          continue;
        }
        // A copy: the chunk may be a window on memory that its owner fills again.
        head.push(Buffer.from(chunk));
        headBytes += chunk.length;
        if (headBytes >= HEAD_BYTES) yield this.#begin(head);
      }
    } catch (error) {
      // What came before the error is read.
      if (headBytes < HEAD_BYTES) yield this.#begin(head);
      throw error;
    }
    if (headBytes < HEAD_BYTES) yield this.#begin(head);
  }

  /** The content once more; undefined if there is no copy. */
  again(): AsyncIterable<Uint8Array> | undefined {
    return this.#file === null ? undefined : this.#read(this.#file);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #begin(head: readonly Uint8Array[]): Uint8Array {
    const bytes = Buffer.concat(head);
    // Without the zeros of UTF-16.
    const text = bytes.toString('latin1', 0, HEAD_BYTES).replaceAll('\0', '');
    if (DATE.test(text)) this.#file = unnamedFile();
    this.#write(bytes);
    return bytes;
  }

  #write(chunk: Uint8Array): void {
    if (this.#file === null) return;
    for (let at = 0; at < chunk.length; ) at += writeSync(this.#file, chunk, at);
    this.#end += chunk.length;
  }

  async *#read(file: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < this.#end; ) {
      const chunk = Buffer.alloc(Math.min(READ_BYTES, this.#end - at));
      const bytes = readSync(file, chunk, 0, chunk.length, at);
      if (bytes === 0) return;
      at += bytes;
      yield chunk.subarray(0, bytes);
    }
  }
}
