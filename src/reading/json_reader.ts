import { Buffer } from 'node:buffer';
import type { Line } from './line.ts';
import { FilledBatch, type LineBatch } from './line_batch.ts';
import { KEPT_BYTES, type LineOptions } from './line_reader.ts';
import { piecesIn } from './pieces.ts';

/**
 * Cuts JSON over several lines into its records, each with its place: objects one after the other, the elements of an
 * array, or those of `{"records":[…]}`. It tracks brackets and strings only, so that an invalid record does not affect
 * the others. Memory is a chunk and `maxLineBytes`.
 */
export async function* readJson(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { maxLineBytes }: LineOptions,
): AsyncGenerator<LineBatch> {
  const cutter = new RecordCutter(maxLineBytes);
  for await (const piece of piecesIn(chunks)) yield cutter.cut(piece);
  yield cutter.finish();
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const RECORDS = /(?<!\\)"records"\s*:\s*$/;
/** Holds `"records"`, a colon and white space between. */
const TAIL_BYTES = 64;

class RecordCutter {
  readonly #maxBytes: number;
  #batch = new Batch();
  /** Offset in the file of the chunk's first byte. */
  #chunkOffset = 0;
  /** The container of the records. */
  #within: 'nothing' | 'array' | 'records' | 'after-records' = 'nothing';
  /** Brackets that are open in the record; null between records. */
  #depth: number | null = null;
  #inString = false;
  #escaped = false;
  #recordOffset = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #tail = Buffer.alloc(0);

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  cut(chunk: Buffer): LineBatch {
    this.#batch = new Batch();
    /** Start of the open record in the chunk. */
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.#depth === null) {
        if (this.#begins(byte, this.#chunkOffset + at)) from = at;
        // Its first byte is processed again, as part of the record.
        if (this.#depth === null) continue;
      }
      const step = this.#step(byte, this.#chunkOffset + at, () => this.#tailOf(chunk, from, at));
      if (step === 'records') this.#drop();
      else if (step !== 'more') this.#close(chunk.subarray(from, step === 'ended' ? at + 1 : at));
      // The end of a value without brackets may also end its container.
      if (step === 'before' && this.#begins(byte, this.#chunkOffset + at)) from = at;
    }
    if (this.#depth !== null) this.#hold(chunk.subarray(from));
    this.#chunkOffset += chunk.length;
    this.#batch.end = this.#knownEnd();
    return this.#batch;
  }

  /** The end of what is known: an open record may still become too long. */
  #knownEnd(): number {
    return this.#depth === null ? this.#chunkOffset : this.#recordOffset;
  }

  /** The file has ended: an open record is truncated. */
  finish(): LineBatch {
    this.#batch = new Batch();
    this.#batch.end = this.#chunkOffset;
    if (this.#depth === null && this.#within !== 'nothing') {
      this.#recordOffset = this.#chunkOffset;
      this.#depth = 0;
    }
    if (this.#depth !== null) this.#close(Buffer.alloc(0), true);
    return this.#batch;
  }

  /** Whether a record starts with this byte between records. */
  #begins(byte: number, offset: number): boolean {
    if (isSpace(byte) || byte === COMMA || (offset < 3 && byte === BYTE_ORDER_MARK[offset])) return false;
    if (this.#within === 'nothing' && byte === OPEN_ARRAY) this.#within = 'array';
    else if (this.#within === 'array' && byte === CLOSE_ARRAY) this.#within = 'nothing';
    else if (this.#within === 'records' && byte === CLOSE_ARRAY) this.#within = 'after-records';
    else if (this.#within === 'after-records' && byte === CLOSE_OBJECT) this.#within = 'nothing';
    else {
      this.#depth = 0;
      this.#recordOffset = offset;
      return true;
    }
    return false;
  }

  /**
   * Processes a byte of a record. The record continues ('more'), ends with this byte ('ended'), or ended before it
   * ('before'); or it is the object that contains the records, from here on ('records').
   */
  #step(byte: number, offset: number, tail: () => string): 'more' | 'ended' | 'before' | 'records' {
    const depth = this.#depth as number;
    if (this.#isText(byte)) return 'more';
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      const isList = byte === OPEN_ARRAY && depth === 1 && this.#within === 'nothing';
      if (isList && RECORDS.test(tail())) return 'records';
      this.#depth = depth + 1;
    } else if (depth === 0) {
      return this.#endsValue(byte, offset) ? 'before' : 'more';
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      this.#depth = depth - 1;
      if (depth === 1) return 'ended';
    }
    return 'more';
  }

  /** Whether a value without brackets ends before the byte. Members next to the records count as one value. */
  #endsValue(byte: number, offset: number): boolean {
    if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) return offset !== this.#recordOffset;
    return this.#within !== 'after-records' && (byte === COMMA || isSpace(byte));
  }

  /** Whether the byte belongs to a string, quotes included. */
  #isText(byte: number): boolean {
    if (!this.#inString) {
      this.#inString = byte === QUOTE;
      return this.#inString;
    }
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
    return true;
  }

  #tailOf(chunk: Buffer, from: number, at: number): string {
    const here = chunk.subarray(Math.max(from, at - TAIL_BYTES), at);
    return Buffer.concat([this.#tail, here]).toString('latin1');
  }

  #hold(part: Buffer): void {
    const room = this.#maxBytes + 1 - Math.min(this.#heldBytes, this.#maxBytes + 1);
    this.#heldBytes += part.length;
    this.#tail = Buffer.concat([this.#tail, part.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
    // A copy: the chunk may be a window on memory that its owner fills again.
    if (room > 0) this.#held.push(Buffer.from(part.subarray(0, room)));
  }

  /** The open object contains the records and is no record itself. */
  #drop(): void {
    this.#forget();
    this.#within = 'records';
  }

  #close(last: Buffer, cutOff = false): void {
    // Other members of the object that contains the records are ignored.
    const isBeside = this.#within === 'after-records' && !cutOff;
    this.#hold(last);
    const bytes = Buffer.concat(this.#held);
    const line = { offset: this.#recordOffset, length: this.#heldBytes, bytes };
    this.#forget();
    if (!isBeside) this.#batch.add(line, this.#maxBytes, cutOff);
  }

  #forget(): void {
    this.#depth = null;
    this.#inString = false;
    this.#escaped = false;
    this.#held = [];
    this.#heldBytes = 0;
    this.#tail = Buffer.alloc(0);
  }
}

class Batch extends FilledBatch {
  add(line: Line, maxBytes: number, cutOff: boolean): void {
    this.lines++;
    if (line.length > maxBytes) this.tooLong.push({ ...line, bytes: line.bytes.subarray(0, KEPT_BYTES) });
    else if (cutOff || line.bytes[0] !== OPEN_OBJECT)
      this.malformed.add('bad-json', () => ({ ...line, fault: 'bad-json' }));
    else this.hits.push(line);
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
