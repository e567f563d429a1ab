import { Buffer } from 'node:buffer';
import { crc32, inflateRawSync } from 'node:zlib';
import { AvroError, Bytes, Cursor, datumBytes, eachItem, readerOf } from './avro_datum.ts';
import type { ByteSource } from './byte_source.ts';
import { ContainerError } from './container_error.ts';

/** Of a block, packed and unpacked. Writers make blocks of 16 KiB to 4 MiB. */
const MAX_BLOCK_BYTES = 64 * 1024 * 1024;
const MAX_HEADER_BYTES = 1024 * 1024;
const MAGIC_BYTES = 4;
const SYNC_BYTES = 16;
/** Two varints. */
const BLOCK_HEAD_BYTES = 20;
/** A text of more bytes is cut into its records, so that no line becomes too long. */
const WHOLE_BYTES = 512 * 1024;
/** Lines of one piece. */
const PIECE_BYTES = 256 * 1024;
const [NEWLINE, LESS_THAN] = [0x0a, 0x3c];

/**
 * The records of an Avro file (object container, Avro 1.11) as JSON lines. A record of Event Hubs Capture is its `Body`
 * alone: the message as the exporter sent it. Memory is one block, at most 64 MiB. A block that cannot be decoded is
 * skipped, and named at the end by a ContainerError.
 */
export async function* avroLines(source: ByteSource): AsyncGenerator<Buffer> {
  const { read, unpack, sync } = await headerOf(source);
  let damage: ContainerError | null = null;
  for (;;) {
    const { offset } = source;
    const block = await nextBlock(source, sync);
    if (block === null) break;
    try {
      yield* linesOf(unpack(block.data), block.count, read);
    } catch (error) {
      if (!isDamage(error)) throw error;
      damage ??= damaged(`block at byte ${offset}: ${error.message}; the other blocks are counted`, error);
    }
  }
  if (damage !== null) throw damage;
}

interface Header {
  readonly read: ReadLines;
  readonly unpack: (bytes: Buffer) => Buffer;
  readonly sync: Buffer;
}

async function headerOf(source: ByteSource): Promise<Header> {
  const cursor = new Cursor(await source.peek(MAX_HEADER_BYTES));
  const meta = new Map<string, Buffer>();
  try {
    cursor.take(MAGIC_BYTES);
    eachItem(cursor, () => meta.set(datumBytes(cursor).toString(), datumBytes(cursor)));
    const sync = Buffer.from(cursor.take(SYNC_BYTES));
    const schema = meta.get('avro.schema');
    if (schema === undefined) throw new AvroError('its header has no schema');
    const header = { read: lineReader(parsed(schema)), unpack: await codecOf(meta.get('avro.codec')), sync };
    source.skip(cursor.at);
    return header;
  } catch (error) {
    throw error instanceof AvroError ? damaged(error.message, error) : error;
  }
}

function parsed(schema: Buffer): unknown {
  try {
    return JSON.parse(schema.toString());
  } catch (cause) {
    throw new AvroError('its schema is no JSON', { cause });
  }
}

async function codecOf(name: Buffer | undefined): Promise<(bytes: Buffer) => Buffer> {
  switch (name?.toString() ?? 'null') {
    case 'null':
      return (bytes) => bytes;
    case 'deflate':
      return (bytes) => inflateRawSync(bytes, { maxOutputLength: MAX_BLOCK_BYTES });
    case 'snappy': {
      const { snappyUncompress } = await import('hyparquet');
      return (bytes) => unsnapped(bytes, snappyUncompress);
    }
    default:
      throw new ContainerError(
        'Avro that is packed with a codec other than deflate and snappy, which is not read; convert it: avro-tools tojson FILE',
      );
  }
}

/** Snappy, and the checksum of the content after it (Avro 1.11, "Required Codecs"). */
function unsnapped(bytes: Buffer, uncompress: (packed: Uint8Array, content: Uint8Array) => void): Buffer {
  const packed = bytes.subarray(0, -4);
  const content = Buffer.alloc(snappyLength(packed));
  uncompress(packed, content);
  if (crc32(content) !== bytes.readUInt32BE(packed.length)) throw new AvroError('wrong checksum');
  return content;
}

/** The length of the content: a varint at the begin. */
function snappyLength(packed: Buffer): number {
  let length = 0;
  for (let n = 0; n < 5; n++) {
    const byte = packed[n] ?? 0;
    length += (byte & 0x7f) * 128 ** n;
    if (byte < 0x80) break;
  }
  if (length > MAX_BLOCK_BYTES) throw new AvroError('more than 64 MiB unpacked');
  return length;
}

async function nextBlock(source: ByteSource, sync: Buffer): Promise<{ data: Buffer; count: number } | null> {
  const { offset } = source;
  const head = await source.peek(BLOCK_HEAD_BYTES);
  if (head.length === 0) return null;
  const cursor = new Cursor(head);
  try {
    const [count, size] = [cursor.long(), cursor.long()];
    if (size > MAX_BLOCK_BYTES)
      throw new ContainerError(
        `Avro with a block of more than 64 MiB (byte ${offset}), which is not read; convert it: avro-tools tojson FILE`,
      );
    // A record has at least one byte.
    if (count < 0 || size < 0 || (size === 0 && count > 0)) throw new AvroError('its size is invalid');
    source.skip(cursor.at);
    const block = await source.take(size + SYNC_BYTES);
    if (block.length < size + SYNC_BYTES) throw new AvroError('it is cut off');
    if (!block.subarray(size).equals(sync)) throw new AvroError('no mark after it');
    return { data: block.subarray(0, size), count };
  } catch (error) {
    if (!(error instanceof AvroError)) throw error;
    throw damaged(`block at byte ${offset}: ${error.message}; the blocks before it are counted`, error);
  }
}

/** The lines of the records of a block, in pieces; of a block that turns out to be damaged those before. */
function* linesOf(data: Buffer, count: number, read: ReadLines): Generator<Buffer> {
  const cursor = new Cursor(data);
  let lines: Buffer[] = [];
  let bytes = 0;
  try {
    for (let n = 0; n < count; n++) {
      // A record without bytes could repeat without end.
      if (cursor.isAtEnd) throw new AvroError('fewer records than it declares');
      for (const line of read(cursor)) {
        lines.push(line, LINE_END);
        bytes += line.length + 1;
      }
      if (bytes < PIECE_BYTES) continue;
      yield Buffer.concat(lines);
      lines = [];
      bytes = 0;
    }
    if (!cursor.isAtEnd) throw new AvroError('more bytes than its records have');
  } catch (error) {
    yield Buffer.concat(lines);
    throw error;
  }
  yield Buffer.concat(lines);
}

const LINE_END = Buffer.from('\n');

/** Reads a record, and gives its lines. */
type ReadLines = (cursor: Cursor) => readonly Buffer[];

/** Of a record of Event Hubs Capture the message in its `Body`; every other record as JSON. */
function lineReader(schema: unknown): ReadLines {
  const read = readerOf(schema);
  return (cursor) => {
    const record = read(cursor);
    const body = typeof record === 'object' && record !== null && 'Body' in record ? record.Body : undefined;
    return body instanceof Bytes ? messageLines(body.raw) : [Buffer.from(JSON.stringify(record))];
  };
}

/**
 * The lines of a message: its text, if that is one line; one line of its JSON or XML, if that stands on several; else its
 * own lines. A long list of records becomes a line for each.
 */
function messageLines(body: Buffer): readonly Buffer[] {
  if (body.length === 0) return [NO_RECORD];
  const isLong = body.length > WHOLE_BYTES;
  if (!isLong && !body.includes(NEWLINE)) return [body];
  if (body[0] === LESS_THAN) return [Buffer.from(body.toString('latin1').replaceAll(/[\r\n]+/g, ' '), 'latin1')];
  try {
    const value: unknown = JSON.parse(body.toString());
    return (isLong ? recordsIn(value) : [value]).map((each) => Buffer.from(JSON.stringify(each)));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return [body];
    throw error;
  }
}

/** A message without content: a line that is counted, and is no record of any source. */
const NO_RECORD = Buffer.from('{}');

function recordsIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const records = typeof value === 'object' && value !== null && 'records' in value ? value.records : null;
  return Array.isArray(records) ? records : [value];
}

/** Whether an error shows damaged bytes. zlib's errors have a code, snappy's are plain errors. */
function isDamage(error: unknown): error is Error {
  return error instanceof AvroError || (error instanceof Error && (isOfZlib(error) || error.constructor === Error));
}

function isOfZlib(error: Error): boolean {
  return 'code' in error && /^(?:Z_|ERR_BUFFER_TOO_LARGE)/.test(String(error.code));
}

function damaged(how: string, cause: unknown): ContainerError {
  return new ContainerError(
    `Avro, as Event Hubs Capture writes it, that is damaged or cut off (${how}); copy it again, or let the exporter write to storage directly`,
    { cause },
  );
}
