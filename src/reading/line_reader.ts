import { Buffer } from 'node:buffer';
import { FilledBatch, type LineBatch } from './line_batch.ts';
import { piecesIn } from './pieces.ts';

export interface LineOptions {
  /** Lines that contain none of these are not parsed; only their first and last byte is checked. */
  readonly preFilterTokens: readonly string[];
  readonly maxLineBytes: number;
  /** While active, lines without a token are returned too, so that the reader can recognize the export. */
  readonly probe?: { readonly active: boolean };
  /** Byte offset of the first chunk in the export. */
  readonly start?: number;
  /** Bytes after the last newline are a line (a complete file), or left for a later read (an export that grows). */
  readonly tail: 'line' | 'left';
}

/** Bytes kept of a line that is too long. */
export const KEPT_BYTES = 64 * 1024;
export const MAX_LINE_BYTES = 1024 * 1024;

const NEWLINE = 10;

/**
 * Cuts an export into lines, one batch per 64 KiB, or 256 KiB once the export is recognized. Memory is bounded by a chunk and `maxLineBytes`. Lines without a
 * pre-filter token are counted without decoding: in a real tenant these are nearly all.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: LineOptions,
): AsyncGenerator<LineBatch> {
  const { probe } = options;
  const cutter = new LineCutter(options);
  // Whether an export is foreign is judged at the end of a batch: while it is open, batches have the size of an ingest.
  for await (const piece of piecesIn(chunks, () => probe?.active === false)) yield cutter.cut(piece);
  if (options.tail === 'line') yield cutter.finish();
}

class LineCutter {
  readonly #preFilterTokens: readonly Buffer[];
  readonly #maxLineBytes: number;
  readonly #probe: { readonly active: boolean };
  /** The open line at the end of the last chunk, as far as it is kept. */
  #open: Buffer[] = [];
  #openHeld = 0;
  #openLength = 0;
  /** Offset in the export of the first byte after all batches. */
  #offset: number;

  constructor(options: LineOptions) {
    this.#preFilterTokens = options.preFilterTokens.map((token) => Buffer.from(token));
    this.#maxLineBytes = options.maxLineBytes;
    this.#probe = options.probe ?? { active: false };
    this.#offset = options.start ?? 0;
  }

  cut(chunk: Buffer): LineBatch {
    const batch = new Batch(this.#offset, this.#maxLineBytes, this.#probe.active);
    const first = chunk.indexOf(NEWLINE);
    if (first === -1) {
      this.#hold(chunk);
      return batch;
    }
    let rest = 0;
    if (this.#openLength > 0) {
      this.#hold(chunk.subarray(0, first));
      this.#closeLine(batch, 1);
      rest = first + 1;
    }
    const last = chunk.lastIndexOf(NEWLINE) + 1;
    this.#cutWhole(batch, chunk.subarray(rest, last));
    this.#hold(chunk.subarray(last));
    return batch;
  }

  finish(): LineBatch {
    const batch = new Batch(this.#offset, this.#maxLineBytes, this.#probe.active);
    if (this.#openLength > 0) this.#closeLine(batch, 0);
    return batch;
  }

  /** Keeps a part of the open line: at most one byte more than a line may have, so that it is known to be too long. */
  #hold(part: Buffer): void {
    const room = this.#maxLineBytes + 1 - this.#openHeld;
    this.#openLength += part.length;
    if (part.length === 0 || room <= 0) return;
    // A copy: the chunk may be a window on memory that its owner fills again.
    const kept = Buffer.from(part.subarray(0, room));
    this.#open.push(kept);
    this.#openHeld += kept.length;
  }

  #closeLine(batch: Batch, lineEnd: number): void {
    const held = this.#open.length === 1 ? (this.#open[0] as Buffer) : Buffer.concat(this.#open);
    const hit = this.#preFilterTokens.some((token) => held.includes(token));
    batch.add(held, 0, held.length, this.#offset, this.#openLength, hit);
    this.#offset += this.#openLength + lineEnd;
    batch.end = this.#offset;
    this.#open = [];
    this.#openHeld = 0;
    this.#openLength = 0;
  }

  /** Cuts bytes that end with a newline and hold whole lines only. */
  #cutWhole(batch: Batch, bytes: Buffer): void {
    const nextHit = this.#preFilterTokens.map((token) => bytes.indexOf(token));
    let start = 0;
    while (start < bytes.length) {
      const end = bytes.indexOf(NEWLINE, start);
      let hit = false;
      for (let n = 0; n < nextHit.length; n++) {
        const at = nextHit[n] as number;
        if (at === -1 || at >= end) continue;
        hit = true;
        nextHit[n] = bytes.indexOf(this.#preFilterTokens[n] as Buffer, end);
      }
      batch.add(bytes, start, end, this.#offset + start, end - start, hit);
      start = end + 1;
    }
    this.#offset += bytes.length;
    if (bytes.length > 0) batch.end = this.#offset;
  }
}

const BOM_BEGIN = 0xef;
const SPACE = 0x20;
const TAB = 0x09;
const RETURN = 0x0d;
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];
/** Of an event as XML. */
const [XML_BEGIN, XML_END] = [0x3c, 0x3e];

class Batch extends FilledBatch {
  readonly #maxLineBytes: number;
  readonly #probing: boolean;

  constructor(end: number, maxLineBytes: number, probing: boolean) {
    super();
    this.end = end;
    this.#maxLineBytes = maxLineBytes;
    this.#probing = probing;
  }

  /**
   * Sorts the line `[from, to)` of the buffer into the batch. `length` is its length in the export, which may exceed the
   * buffer. Works on positions: few lines are kept, and creating a view is expensive.
   */
  add(buffer: Buffer, from: number, to: number, offset: number, length: number, hit: boolean): void {
    if (length > this.#maxLineBytes) {
      // A fixed length: the bytes in the buffer depend on the borders of the chunks.
      const kept = Math.min(KEPT_BYTES, this.#maxLineBytes);
      this.lines++;
      this.tooLong.push({ offset, length, bytes: buffer.subarray(from, from + kept) });
      return;
    }
    let start = buffer[from] === BOM_BEGIN && startsWithBom(buffer, from, to) ? from + 3 : from;
    let end = to;
    while (start < end && isSpace(buffer[start])) start++;
    while (end > start && isSpace(buffer[end - 1])) end--;
    if (start === end) return;

    this.lines++;
    const last = buffer[end - 1];
    // Syslog writes a header before the XML of an event.
    if (!encloses(buffer[start], last) && !(hit && last === XML_END)) {
      this.malformed.add('bad-json', () => ({ offset, length, bytes: buffer.subarray(start, end), fault: 'bad-json' }));
    } else if (hit || this.#probing) {
      (hit ? this.hits : this.probes).push({ offset, length, bytes: buffer.subarray(start, end) });
    }
  }
}

function encloses(first: number | undefined, last: number | undefined): boolean {
  if (first === OPEN_OBJECT) return last === CLOSE_OBJECT;
  return first === OPEN_ARRAY ? last === CLOSE_ARRAY : first === XML_BEGIN && last === XML_END;
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB || byte === RETURN;
}

function startsWithBom(buffer: Buffer, from: number, to: number): boolean {
  return to - from >= 3 && buffer[from] === BOM_BEGIN && buffer[from + 1] === 0xbb && buffer[from + 2] === 0xbf;
}
