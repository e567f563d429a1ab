import { Buffer } from 'node:buffer';
import {
  columnsOf,
  FrameColumns,
  isErrorMemberAt,
  isFrame,
  isPartial,
  type ListMember,
  listMemberAt,
  MEMBER_BYTES,
  recordOf,
  type TableColumns,
} from '../core/records/envelope.ts';
import type { Line } from './line.ts';
import { FilledBatch, type LineBatch } from './line_batch.ts';
import { KEPT_BYTES, type LineOptions } from './line_reader.ts';
import { piecesIn } from './pieces.ts';

/**
 * Cuts JSON over several lines into its records, each with its place: objects one after the other, the elements of an
 * array, or the rows of an envelope (`{"records":[…]}`, and the answers of query APIs: see `envelope.ts`). It tracks
 * brackets and strings only, so that an invalid record does not affect the others. Memory is a chunk and `maxLineBytes`.
 */
export async function* readJson(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { maxLineBytes }: Pick<LineOptions, 'maxLineBytes'>,
): AsyncGenerator<LineBatch> {
  const cutter = new RecordCutter(maxLineBytes);
  for await (const piece of piecesIn(chunks)) yield cutter.cut(piece);
  yield cutter.finish();
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const NO_BYTES = Buffer.alloc(0);

/** What the records stand in. An envelope is an object with a list; its other members are passed over. */
type Container = { readonly kind: 'list'; readonly columns: TableColumns | null } | { readonly kind: 'envelope' };
const LIST: Container = { kind: 'list', columns: null };
const ENVELOPE: Container = { kind: 'envelope' };
/** No envelope is nested deeper: an array of objects with tables with rows. */
const MAX_CONTAINERS = 8;

class RecordCutter {
  readonly #maxBytes: number;
  readonly #frames = new FrameColumns();
  #batch = new Batch();
  /** Offset in the file of the chunk's first byte. */
  #chunkOffset = 0;
  #chunk: Buffer = NO_BYTES;
  /** Place in the chunk of the current byte, and of the start of the open value, or 0. */
  #at = 0;
  #from = 0;
  readonly #containers: Container[] = [];
  /** Brackets that are open in the value; null between values. */
  #depth: number | null = null;
  /** A member whose list has just begun; the next byte shows whether it is one of records. */
  #begun: ListMember | null = null;
  /** Whether the open value has rows without columns before them. */
  #isNoTable = false;
  #inString = false;
  #escaped = false;
  #first = 0;
  #valueOffset = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #tail: Buffer = NO_BYTES;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  cut(chunk: Buffer): LineBatch {
    this.#batch = new Batch();
    this.#chunk = chunk;
    this.#from = 0;
    for (this.#at = 0; this.#at < chunk.length; this.#at++) {
      const byte = chunk[this.#at] as number;
      if (this.#depth !== null || this.#begins(byte)) this.#step(byte);
    }
    if (this.#depth !== null) this.#hold(chunk.subarray(this.#from));
    this.#chunkOffset += chunk.length;
    // The end of what is known: an open value may still become too long.
    this.#batch.end = this.#depth === null ? this.#chunkOffset : this.#valueOffset;
    return this.#batch;
  }

  /** The file has ended: an open value or container is truncated. */
  finish(): LineBatch {
    this.#batch = new Batch();
    this.#chunk = NO_BYTES;
    this.#at = 0;
    this.#from = 0;
    if (this.#depth === null && this.#containers.length > 0) this.#valueOffset = this.#chunkOffset;
    if (this.#depth !== null || this.#containers.length > 0) this.#close(0, true);
    this.#batch.end = this.#chunkOffset;
    return this.#batch;
  }

  get #within(): Container | undefined {
    return this.#containers.at(-1);
  }

  /** Whether the open value is what an envelope has beside its list. */
  get #isBeside(): boolean {
    return this.#within?.kind === 'envelope';
  }

  /** Whether a value starts with this byte between values. */
  #begins(byte: number): boolean {
    const offset = this.#chunkOffset + this.#at;
    if (isSpace(byte) || byte === COMMA || (offset < 3 && byte === BYTE_ORDER_MARK[offset])) return false;
    const within = this.#within?.kind;
    if (within === undefined && byte === OPEN_ARRAY) this.#containers.push(LIST);
    else if (within === 'list' && byte === CLOSE_ARRAY) this.#containers.pop();
    else if (within === 'envelope' && byte === CLOSE_OBJECT) this.#containers.pop();
    else {
      this.#depth = 0;
      this.#valueOffset = offset;
      this.#from = this.#at;
      this.#first = byte;
      return true;
    }
    return false;
  }

  /** Processes a byte of a value. */
  #step(byte: number): void {
    if (this.#isText(byte)) {
      this.#begun = null;
      return;
    }
    if (this.#begun !== null && !isSpace(byte)) {
      if (this.#enters(this.#begun, byte)) return;
      this.#begun = null;
    }
    const depth = this.#depth as number;
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#open(byte, depth);
    else if (depth === 0) this.#endPlain(byte);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      this.#depth = depth - 1;
      if (depth === 1 && !this.#isBeside) this.#close(this.#at + 1);
    }
  }

  #open(byte: number, depth: number): void {
    this.#depth = depth + 1;
    const isMember = this.#isBeside ? depth === 0 : depth === 1 && this.#first === OPEN_OBJECT;
    if (!isMember || this.#containers.length >= MAX_CONTAINERS) return;
    const before = this.#tailText();
    if (this.#isBeside && isErrorMemberAt(before)) this.#batch.addPartial(this.#valueOffset);
    const member = listMemberAt(before);
    if (byte === OPEN_ARRAY) this.#begun = member;
    else if (member === 'hits') this.#nest();
  }

  /** The member is an envelope within the value. */
  #nest(): void {
    if (!this.#isBeside) this.#containers.push(ENVELOPE);
    this.#containers.push(ENVELOPE);
    this.#forget();
  }

  /**
   * Whether the list of the member is one of records: then the value is an envelope, and the first record begins with this
   * byte. Rows of cells need their columns, which stand before them.
   */
  #enters(member: ListMember, byte: number): boolean {
    const isRows = member === 'rows' || member === 'Rows';
    const isEmpty = byte === CLOSE_ARRAY && member === 'records';
    if (byte !== OPEN_OBJECT && !isEmpty && !(isRows && byte === OPEN_ARRAY)) return false;
    const columns = isRows ? this.#columnsBefore() : null;
    if (isRows && columns === null) return false;
    if (!this.#isBeside) this.#containers.push(ENVELOPE);
    this.#containers.push({ kind: 'list', columns });
    this.#forget();
    if (this.#begins(byte)) this.#step(byte);
    return true;
  }

  /** The columns in the part of the object before its rows; null where there are none. */
  #columnsBefore(): TableColumns | null {
    const here = this.#chunk.subarray(this.#from, this.#at);
    if (this.#isBeside || this.#isNoTable || this.#heldBytes + here.length > this.#maxBytes) return null;
    // Only once per value: each time, all of it is parsed.
    this.#isNoTable = true;
    const before = parsed(`${Buffer.concat([...this.#held, here]).toString('utf8')}]}`);
    if (!isFrame(before)) return isObject(before) ? columnsOf(before) : null;
    const table = this.#frames.tableOf(before);
    return table && columnsOf(table);
  }

  /** A byte after a value without brackets, or outside of the brackets of what an envelope has beside its list. */
  #endPlain(byte: number): void {
    if (this.#isBeside) {
      if (byte !== CLOSE_OBJECT) return;
      this.#containers.pop();
      this.#forget();
      return;
    }
    const isClose = byte === CLOSE_OBJECT || byte === CLOSE_ARRAY;
    if (isClose ? this.#chunkOffset + this.#at === this.#valueOffset : byte !== COMMA && !isSpace(byte)) return;
    this.#close(this.#at);
    // It may also end the container.
    this.#begins(byte);
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

  #tailText(): string {
    const here = this.#chunk.subarray(Math.max(this.#from, this.#at - MEMBER_BYTES), this.#at);
    return Buffer.concat([this.#tail, here]).toString('latin1');
  }

  #hold(part: Buffer): void {
    this.#tail = Buffer.concat([this.#tail, part.subarray(-MEMBER_BYTES)]).subarray(-MEMBER_BYTES);
    const room = this.#isBeside ? 0 : this.#maxBytes + 1 - Math.min(this.#heldBytes, this.#maxBytes + 1);
    this.#heldBytes += part.length;
    // A copy: the chunk may be a window on memory that its owner fills again.
    if (room > 0) this.#held.push(Buffer.from(part.subarray(0, room)));
  }

  /** Ends the value before this place of the chunk. */
  #close(end: number, cutOff = false): void {
    this.#hold(this.#chunk.subarray(this.#from, end));
    const line = { offset: this.#valueOffset, length: this.#heldBytes, bytes: Buffer.concat(this.#held) };
    this.#forget();
    if (!this.#isAboutQuery(line)) this.#batch.add(line, this.#maxBytes, this.#columnsWithin(), cutOff);
  }

  #columnsWithin(): TableColumns | null {
    const within = this.#within;
    return within?.kind === 'list' ? within.columns : null;
  }

  /** Whether it is a frame of Azure Data Explorer that holds no results. */
  #isAboutQuery({ length, bytes }: Line): boolean {
    if (length > this.#maxBytes || !bytes.subarray(0, FRAME_BYTES).includes('"FrameType"')) return false;
    const frame = parsed(bytes.toString('utf8'));
    if (!isFrame(frame)) return false;
    this.#frames.note(frame);
    return this.#frames.tableOf(frame) === null && !isPartial(frame);
  }

  #forget(): void {
    this.#depth = null;
    this.#begun = null;
    this.#isNoTable = false;
    this.#inString = false;
    this.#escaped = false;
    this.#held = [];
    this.#heldBytes = 0;
    this.#tail = NO_BYTES;
  }
}

/** The type stands at the begin of a frame. */
const FRAME_BYTES = 64;

class Batch extends FilledBatch {
  /** An answer that says that it is not complete. */
  addPartial(offset: number): void {
    this.lines++;
    this.malformed.add('partial-answer', () => ({ offset, length: 0, bytes: NO_BYTES, fault: 'partial-answer' }));
  }

  /** `columns`: those of the table that the value is a row of. */
  add(line: Line, maxBytes: number, columns: TableColumns | null, cutOff: boolean): void {
    this.lines++;
    const read = cutOff ? null : columns === null || line.bytes[0] === OPEN_OBJECT ? line : rowOf(line, columns);
    if (line.length > maxBytes) this.tooLong.push({ ...line, bytes: line.bytes.subarray(0, KEPT_BYTES) });
    else if (read?.bytes[0] === OPEN_OBJECT) this.hits.push(read);
    else this.malformed.add('bad-json', () => ({ ...line, fault: 'bad-json' }));
  }
}

/** A row of cells as the record that it is; null where it is none of the table's. */
function rowOf(line: Line, columns: TableColumns): Line | null {
  const cells = parsed(line.bytes.toString('utf8'));
  const record = Array.isArray(cells) ? recordOf(columns, cells) : null;
  if (record === null) return null;
  const bytes = Buffer.from(JSON.stringify(record));
  const { missing } = columns;
  return missing === null ? { ...line, bytes } : { ...line, bytes, missing };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Invalid, or nested deeper than the stack.
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
