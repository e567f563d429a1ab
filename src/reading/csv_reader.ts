import { Buffer, isUtf8 } from 'node:buffer';
import { type CsvRow, cellsOf, RowScanner } from './csv_row.ts';
import type { Line } from './line.ts';
import { FilledBatch, type LineBatch } from './line_batch.ts';
import { KEPT_BYTES, type LineOptions } from './line_reader.ts';
import { piecesIn } from './pieces.ts';

/** A CSV whose first row is no header. */
export class CsvHeaderError extends Error {
  override readonly name = 'CsvHeaderError';
  readonly code = 'CSV_HEADER';

  constructor() {
    super('line 1: the header of the CSV is no row: a quote is not balanced, or it is longer than 1 MiB');
  }
}

/**
 * Reads the CSV of a query in the Defender portal: RFC 4180, a header, columns in any order, and other delimiters after a
 * spreadsheet has saved it. Each row becomes a JSON object.
 *
 * A line that does not start a valid row (an unbalanced quote, more or fewer cells than the header) is a fault, and reading
 * continues at the next line. So rows that a broken quote had swallowed are read again as rows. Each byte is scanned a
 * bounded number of times: between two lines with an odd number of quotes a row can only end at a line end. Memory is a
 * chunk and `maxLineBytes`. Throws a CsvHeaderError.
 */
export async function* readCsv(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { maxLineBytes }: LineOptions,
  delimiter = ',',
): AsyncGenerator<LineBatch> {
  const rows = new RowReader(maxLineBytes, delimiter);
  for await (const piece of piecesIn(chunks)) yield rows.read(piece, false);
  yield rows.read(NO_BYTES, true);
}

const NEWLINE = 10;
const NO_BYTES = Buffer.alloc(0);
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

class RowReader {
  readonly #maxBytes: number;
  readonly #delimiter: string;
  readonly #scanner: RowScanner;
  #header: readonly string[] | undefined;
  #batch = new Batch();
  /** Received bytes, from the open row or skipped line on. */
  #bytes = NO_BYTES;
  /** Start of the open row within them. */
  #start = 0;
  /** Offset of `#bytes` in the file. */
  #offset = 0;
  /** The received part of a skipped line, of which `#bytes` holds nothing any more. */
  #passed: { readonly length: number; readonly bytes: Buffer } | null = null;

  constructor(maxBytes: number, delimiter: string) {
    this.#maxBytes = maxBytes;
    this.#delimiter = delimiter;
    this.#scanner = new RowScanner(delimiter);
  }

  read(chunk: Uint8Array, isLast: boolean): LineBatch {
    this.#batch = new Batch();
    // A copy: the chunk may be a window on memory that its owner fills again.
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (!this.#isAfterMark(isLast)) return this.#batch;
    let goesOn = true;
    while (goesOn) goesOn = this.#passed === null ? this.#readRow(isLast) : this.#skipLine(isLast);
    this.#bytes = this.#bytes.subarray(this.#start);
    this.#offset += this.#start;
    this.#start = 0;
    // The end of what is known: an open line may still become too long.
    this.#batch.end = this.#offset - (this.#passed?.length ?? 0);
    return this.#batch;
  }

  /** Passes the byte order mark at the start of the file; false where its bytes have not all arrived. */
  #isAfterMark(isLast: boolean): boolean {
    if (this.#offset > 0) return true;
    const length = Math.min(this.#bytes.length, BYTE_ORDER_MARK.length);
    const isMark = this.#bytes.subarray(0, length).equals(BYTE_ORDER_MARK.subarray(0, length));
    if (isMark && length < BYTE_ORDER_MARK.length) return isLast;
    if (isMark) this.#start = length;
    return true;
  }

  /** Takes the next row, or skips the line at its place; false where it is not complete yet. */
  #readRow(isLast: boolean): boolean {
    if (this.#start === this.#bytes.length) return false;
    const row = this.#scanner.scan(this.#bytes, this.#start, isLast);
    const isTooLong = this.#bytes.length - this.#start > this.#maxBytes;
    if (row === 'open' && !isTooLong) return false;
    this.#scanner.reset();
    if (typeof row !== 'string' && this.#take(row)) return true;
    if (this.#header === undefined) throw new CsvHeaderError();
    return this.#skipLine(isLast);
  }

  /** Takes a row; false where it is none of the header's, or too long. A blank line is no row. */
  #take({ end, next, cells }: CsvRow): boolean {
    // With its line end: so long is the line that is skipped where the row is none.
    const length = next - this.#start;
    if (end > this.#start) {
      if (length > this.#maxBytes || (this.#header !== undefined && cells !== this.#header.length)) return false;
      const bytes = this.#bytes.subarray(this.#start, end);
      if (this.#header === undefined) this.#header = cellsOf(bytes.toString('utf8'), this.#delimiter);
      else this.#batch.add({ offset: this.#offset + this.#start, length, bytes }, this.#header, this.#delimiter);
    }
    this.#start = next;
    return true;
  }

  /** Skips a line that starts no row; false where the line is not complete yet. */
  #skipLine(isLast: boolean): boolean {
    const newline = this.#bytes.indexOf(NEWLINE, this.#start);
    const isWhole = newline !== -1 || isLast;
    const next = newline === -1 ? this.#bytes.length : newline + 1;
    const before = this.#passed ?? { length: 0, bytes: NO_BYTES };
    const length = before.length + next - this.#start;
    const offset = this.#offset + this.#start - before.length;
    const here = this.#bytes.subarray(this.#start, next);
    this.#start = next;
    const bytes = () => Buffer.concat([before.bytes, here.subarray(0, KEPT_BYTES - before.bytes.length)]);
    this.#passed = isWhole ? null : { length, bytes: bytes() };
    if (!isWhole) return false;
    this.#batch.lines++;
    if (length > this.#maxBytes) this.#batch.tooLong.push({ offset, length, bytes: bytes() });
    else this.#batch.malformed.add('bad-csv', () => ({ offset, length, bytes: bytes(), fault: 'bad-csv' }));
    return true;
  }
}

class Batch extends FilledBatch {
  add(row: Line, header: readonly string[], delimiter: string): void {
    this.lines++;
    if (isUtf8(row.bytes)) {
      this.hits.push({ ...row, bytes: jsonOf(header, cellsOf(row.bytes.toString('utf8'), delimiter)) });
    } else {
      this.malformed.add('bad-utf8', () => ({ ...row, fault: 'bad-utf8' }));
    }
  }
}

function jsonOf(header: readonly string[], cells: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(Object.fromEntries(header.map((column, index) => [column, cells[index]]))));
}
