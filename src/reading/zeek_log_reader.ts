import { Buffer, isUtf8 } from 'node:buffer';
import { headerOf, type MissingColumns } from '../core/records/table_header.ts';
import type { Line } from './line.ts';
import { FilledBatch, type LineBatch } from './line_batch.ts';
import { KEPT_BYTES, type LineOptions } from './line_reader.ts';
import { piecesIn } from './pieces.ts';

/**
 * Reads Zeek's own log format (docs.zeek.org, "Zeek Log Formats"): `#fields` names the columns of the rows after it, which
 * are separated by tabs or what `#separator` says. Every header is followed, as logs are rotated and joined. A row becomes a
 * JSON object without the values that Zeek has not set. A row with another number of values is a fault. Memory is a chunk
 * and `maxLineBytes`.
 */
export async function* readZeekLog(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { maxLineBytes }: Pick<LineOptions, 'maxLineBytes'>,
): AsyncGenerator<LineBatch> {
  const log = new LogReader(maxLineBytes);
  for await (const piece of piecesIn(chunks)) yield log.read(piece, false);
  yield log.read(NO_BYTES, true);
}

/** Whether the first lines of a file are the header of such a log. */
export function isZeekLog(text: string): boolean {
  return /^#(?:separator|set_separator|fields)[ \t]/.test(text);
}

const [NEWLINE, RETURN, HASH] = [0x0a, 0x0d, 0x23];
const NO_BYTES = Buffer.alloc(0);

/** What the header lines say. */
interface Header {
  readonly separator: string;
  readonly empty: string;
  readonly unset: string;
  readonly fields: readonly string[];
  readonly missing: MissingColumns | null;
  /** `conn` */
  readonly path: string;
}

const NO_HEADER: Header = { separator: '\t', empty: '(empty)', unset: '-', fields: [], missing: null, path: '' };

class LogReader {
  readonly #maxBytes: number;
  #header = NO_HEADER;
  #batch = new Batch();
  /** The open line, as far as it is kept. */
  #open: Buffer = NO_BYTES;
  #openLength = 0;
  /** Offset in the file of the open line. */
  #offset = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  read(chunk: Buffer, isLast: boolean): LineBatch {
    this.#batch = new Batch();
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#hold(chunk.subarray(start, end));
      this.#close(1);
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
    if (isLast && this.#openLength > 0) this.#close(0);
    // A copy: the chunk may be a window on memory that its owner fills again.
    this.#open = Buffer.from(this.#open);
    this.#batch.end = this.#offset;
    return this.#batch;
  }

  #hold(part: Buffer): void {
    const room = Math.max(0, this.#maxBytes + 1 - this.#open.length);
    const kept = part.subarray(0, room);
    this.#open = this.#openLength === 0 ? kept : Buffer.concat([this.#open, kept]);
    this.#openLength += part.length;
  }

  #close(lineEnd: number): void {
    const line = { offset: this.#offset, length: this.#openLength, bytes: trimmed(this.#open) };
    this.#offset += this.#openLength + lineEnd;
    this.#open = NO_BYTES;
    this.#openLength = 0;
    if (line.length > this.#maxBytes) this.#batch.addTooLong(line);
    else if (line.bytes[0] === HASH) this.#header = headerAfter(this.#header, line.bytes.toString('utf8'));
    else if (line.bytes.length > 0) this.#batch.add(line, this.#header);
  }
}

function trimmed(line: Buffer): Buffer {
  return line.at(-1) === RETURN ? line.subarray(0, -1) : line;
}

/** The header after one more of its lines. */
function headerAfter(header: Header, line: string): Header {
  const separator = /^#separator[ \t](.+)$/.exec(line)?.[1];
  // A new header begins with it.
  if (separator !== undefined) return { ...NO_HEADER, separator: unescaped(separator) };
  const [name = '', ...values] = line.slice(1).split(header.separator);
  const [value = ''] = values;
  switch (name) {
    case 'empty_field':
      return { ...header, empty: value };
    case 'unset_field':
      return { ...header, unset: value };
    case 'path':
      return { ...header, path: value };
    case 'fields':
      return { ...header, fields: values, missing: missingIn(values, header.path) };
    default:
      return header;
  }
}

/** Only a log of connections must have the columns of one. */
function missingIn(fields: readonly string[], path: string): MissingColumns | null {
  const missing = headerOf(fields)?.missing ?? null;
  return missing && { ...missing, isCertain: path === 'conn' };
}

/** Zeek writes separators and other bytes within a value as `\x09`. */
function unescaped(value: string): string {
  if (!value.includes('\\x')) return value;
  return value.replaceAll(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

class Batch extends FilledBatch {
  addTooLong(line: Line): void {
    this.lines++;
    this.tooLong.push({ ...line, bytes: Buffer.from(line.bytes.subarray(0, KEPT_BYTES)) });
  }

  add(line: Line, header: Header): void {
    this.lines++;
    if (!isUtf8(line.bytes)) {
      this.malformed.add('bad-utf8', () => ({ ...line, bytes: Buffer.from(line.bytes), fault: 'bad-utf8' }));
      return;
    }
    const values = line.bytes.toString('utf8').split(header.separator);
    if (values.length !== header.fields.length) {
      this.malformed.add('bad-csv', () => ({ ...line, bytes: Buffer.from(line.bytes), fault: 'bad-csv' }));
      return;
    }
    const bytes = jsonOf(header, values);
    const { missing } = header;
    this.hits.push(missing === null ? { ...line, bytes } : { ...line, bytes, missing });
  }
}

function jsonOf({ fields, unset, empty }: Header, values: readonly string[]): Buffer {
  const members: [string, string][] = [];
  for (const [index, name] of fields.entries()) {
    const value = values[index] as string;
    if (value !== unset) members.push([name, value === empty ? '' : unescaped(value)]);
  }
  return Buffer.from(JSON.stringify(Object.fromEntries(members)));
}
