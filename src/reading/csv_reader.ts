import { Buffer, isUtf8 } from 'node:buffer';
import {
  type CsvHeader,
  csvHeaderBehind,
  csvHeaderOf,
  isBrokenHeader,
  isDirective,
  MAX_HEADER_BYTES,
  MAX_PREAMBLE_LINES,
} from './csv_dialect.ts';
import { type CsvRow, cellsOf, RowScanner } from './csv_row.ts';
import type { Line } from './line.ts';
import { FilledBatch, type LineBatch } from './line_batch.ts';
import { KEPT_BYTES, type LineOptions } from './line_reader.ts';
import { piecesIn } from './pieces.ts';

/** A CSV without a header. */
export class CsvHeaderError extends Error {
  override readonly name = 'CsvHeaderError';
  readonly code = 'CSV_HEADER';

  constructor(line: number) {
    super(
      `line ${line}: the header of the CSV is no row: a quote is not balanced, or it is longer than ${MAX_HEADER_BYTES} bytes`,
    );
  }
}

/**
 * Reads a CSV with a header that `headerOf` knows: RFC 4180, columns in any order, cells separated by commas, semicolons
 * or tabs. Lines before the header (a title, `sep=;`, `#TYPE …`) are passed over. A later header begins another table:
 * people join exports into one file. Each row becomes a JSON object.
 *
 * A line that does not start a valid row (an unbalanced quote, more or fewer cells than the header) is a fault, and reading
 * continues at the next line. So rows that a broken quote had swallowed are read again as rows. Each byte is scanned a
 * bounded number of times: between two lines with an odd number of quotes a row can only end at a line end. Memory is a
 * chunk and `maxLineBytes`. Throws a CsvHeaderError.
 */
export async function* readCsv(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { maxLineBytes }: Pick<LineOptions, 'maxLineBytes'>,
  headerOf: (line: string) => CsvHeader | null = csvHeaderOf,
): AsyncGenerator<LineBatch> {
  const rows = new RowReader(maxLineBytes, headerOf);
  for await (const piece of piecesIn(chunks)) yield rows.read(piece, false);
  yield rows.read(NO_BYTES, true);
}

const NEWLINE = 10;
const NO_BYTES = Buffer.alloc(0);

class RowReader {
  readonly #maxBytes: number;
  readonly #headerOf: (line: string) => CsvHeader | null;
  #scanner = new RowScanner(',');
  #header: CsvHeader | undefined;
  #preambleLines = 0;
  #batch = new Batch();
  /** Received bytes, from the open row or skipped line on. */
  #bytes = NO_BYTES;
  /** Start of the open row within them. */
  #start = 0;
  /** Offset of `#bytes` in the file. */
  #offset = 0;
  /** The received part of a skipped line, of which `#bytes` holds nothing any more. */
  #passed: { readonly length: number; readonly bytes: Buffer } | null = null;

  constructor(maxBytes: number, headerOf: (line: string) => CsvHeader | null) {
    this.#maxBytes = maxBytes;
    this.#headerOf = headerOf;
  }

  read(chunk: Uint8Array, isLast: boolean): LineBatch {
    this.#batch = new Batch();
    // A copy: the chunk may be a window on memory that its owner fills again.
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#step(isLast));
    if (isLast && this.#header === undefined && this.#preambleLines > 0) throw new CsvHeaderError(1);
    this.#bytes = this.#bytes.subarray(this.#start);
    this.#offset += this.#start;
    this.#start = 0;
    // The end of what is known: an open line may still become too long.
    this.#batch.end = this.#offset - (this.#passed?.length ?? 0);
    return this.#batch;
  }

  /** false where more bytes are needed. */
  #step(isLast: boolean): boolean {
    if (this.#header === undefined) return this.#findHeader(isLast);
    return this.#passed === null ? this.#readRow(this.#header, isLast) : this.#skipLine(isLast);
  }

  /** Reads a line of those before the first row. */
  #findHeader(isLast: boolean): boolean {
    const line = this.#line(isLast);
    const isTooLong = this.#bytes.length - this.#start > MAX_HEADER_BYTES;
    if (line === null && !isTooLong) return false;
    const header = line === null ? null : this.#headerOf(line.text);
    if (header !== null) this.#begin(header);
    else if (line === null || isBrokenHeader(line.text) || this.#preambleLines === MAX_PREAMBLE_LINES) {
      throw new CsvHeaderError(this.#preambleLines + 1);
    }
    this.#preambleLines++;
    this.#start = line?.next ?? this.#start;
    return true;
  }

  #begin(header: CsvHeader): void {
    this.#header = header;
    this.#scanner = new RowScanner(header.delimiter);
  }

  /** The line at the start; null where it is not whole. */
  #line(isLast: boolean): { readonly text: string; readonly next: number } | null {
    const newline = this.#bytes.indexOf(NEWLINE, this.#start);
    if (this.#start === this.#bytes.length || (newline === -1 && !isLast)) return null;
    const end = newline === -1 ? this.#bytes.length : newline;
    if (end - this.#start > MAX_HEADER_BYTES) return null;
    return { text: this.#bytes.toString('utf8', this.#start, end), next: Math.min(end + 1, this.#bytes.length) };
  }

  /** Takes the next row, or skips the line at its place; false where it is not complete yet. */
  #readRow(header: CsvHeader, isLast: boolean): boolean {
    if (this.#start === this.#bytes.length) return false;
    const row = this.#scanner.scan(this.#bytes, this.#start, isLast);
    const isTooLong = this.#bytes.length - this.#start > this.#maxBytes;
    if (row === 'open' && !isTooLong) return false;
    this.#scanner.reset();
    if (typeof row !== 'string' && this.#take(header, row)) return true;
    const line = this.#line(isLast);
    const other = line === null ? null : csvHeaderBehind(line.text);
    if (other !== null) this.#begin(other);
    if (line !== null && (other !== null || isDirective(line.text))) {
      this.#start = line.next;
      return true;
    }
    if (line === null && this.#mayBecomeHeader(isLast)) return false;
    return this.#skipLine(isLast);
  }

  /** Whether the open line at the start is still as short as a header. */
  #mayBecomeHeader(isLast: boolean): boolean {
    const limit = Math.min(MAX_HEADER_BYTES, this.#maxBytes);
    const isShort = this.#bytes.length - this.#start < limit;
    return !isLast && isShort && !this.#bytes.includes(NEWLINE, this.#start);
  }

  /** Takes a row; false where it is none of the header's, or too long. A blank line is no row. */
  #take(header: CsvHeader, { end, next, cells }: CsvRow): boolean {
    // With its line end: so long is the line that is skipped where the row is none.
    const length = next - this.#start;
    if (end > this.#start) {
      if (length > this.#maxBytes || cells !== header.columns.length) return false;
      const bytes = this.#bytes.subarray(this.#start, end);
      const text = bytes.toString('utf8');
      const other = length > MAX_HEADER_BYTES ? null : csvHeaderBehind(text);
      if (other !== null) this.#begin(other);
      else this.#batch.add({ offset: this.#offset + this.#start, length, bytes }, text, header);
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
  add(row: Line, text: string, { columns, missing, delimiter }: CsvHeader): void {
    this.lines++;
    if (isUtf8(row.bytes)) {
      const bytes = jsonOf(columns, cellsOf(text, delimiter));
      this.hits.push(missing === null ? { ...row, bytes } : { ...row, bytes, missing });
    } else {
      this.malformed.add('bad-utf8', () => ({ ...row, fault: 'bad-utf8' }));
    }
  }
}

function jsonOf(columns: readonly string[], cells: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(Object.fromEntries(columns.map((column, index) => [column, cells[index]]))));
}
