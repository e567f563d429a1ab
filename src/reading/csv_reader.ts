import { Buffer, isUtf8 } from 'node:buffer';
import { CsvError, type Parser, parse } from 'csv-parse';
import { type FaultyLine, KEPT_BYTES, type Line, type LineBatch, type LineOptions } from './line_reader.ts';

/**
 * Reads the CSV of a query in the Defender portal: RFC 4180, a header, columns in any order, and other delimiters after a
 * spreadsheet has saved it. Each row becomes a JSON object.
 *
 * A line that does not start a valid row (an unbalanced quote, more or fewer cells than the header) is a fault, and reading
 * continues at the next line. So rows that a broken quote had swallowed are read again as rows. Memory is a chunk and
 * `maxLineBytes`. Throws a CsvError where the header is invalid.
 */
export async function* readCsv(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { maxLineBytes }: LineOptions,
  delimiter = ',',
): AsyncGenerator<LineBatch> {
  const rows = new RowReader(maxLineBytes, delimiter);
  // A copy: the chunk may be a window on memory that its owner fills again.
  for await (const chunk of chunks) yield await rows.read(Buffer.from(chunk), false);
  yield await rows.read(NO_BYTES, true);
}

const [NEWLINE, RETURN] = [10, 13];
const NO_BYTES = Buffer.alloc(0);
/** More bytes than the parser needs after a row to report it. */
const LOOK_AHEAD_BYTES = 16;

class RowReader {
  readonly #maxBytes: number;
  readonly #delimiter: string;
  #header: readonly string[] | undefined;
  #batch = new Batch();
  /** Received bytes after the last row. */
  #open = NO_BYTES;
  /** Their offset in the file. */
  #offset = 0;
  /** The received part of a skipped line. */
  #passed: { length: number; bytes: Buffer } | null = null;
  #parser: Parser;

  constructor(maxBytes: number, delimiter: string) {
    this.#maxBytes = maxBytes;
    this.#delimiter = delimiter;
    this.#parser = this.#parserFrom(0);
  }

  async read(chunk: Buffer, isLast: boolean): Promise<LineBatch> {
    this.#batch = new Batch();
    this.#open = Buffer.concat([this.#open, chunk]);
    let unread = chunk;
    while (this.#passed !== null || !(await this.#parse(unread, isLast))) {
      if (!this.#skipLine(isLast)) break;
      this.#parser.destroy();
      this.#parser = this.#parserFrom(this.#offset);
      unread = this.#open;
    }
    this.#batch.end = this.#offset;
    return this.#batch;
  }

  /** Continues parsing; false where the open line is not a valid row. */
  async #parse(bytes: Buffer, isLast: boolean): Promise<boolean> {
    const error = await (isLast ? ended(this.#parser, bytes) : written(this.#parser, bytes));
    this.#skipBlank();
    if (error === null && this.#open.length <= this.#maxBytes + LOOK_AHEAD_BYTES) return true;
    if (this.#header === undefined) throw error ?? new CsvError('CSV_MAX_RECORD_SIZE', 'The header is too long');
    return false;
  }

  /** Skips the first line of the open row; false where the line is not complete yet. */
  #skipLine(isLast: boolean): boolean {
    const newline = this.#open.indexOf(NEWLINE);
    const length = newline === -1 ? this.#open.length : newline + 1;
    const before = this.#passed ?? { length: 0, bytes: NO_BYTES };
    const room = KEPT_BYTES - before.bytes.length;
    const kept = this.#open.subarray(0, Math.min(length, room));
    const passed = { length: before.length + length, bytes: Buffer.concat([before.bytes, kept]) };
    this.#advance(length);
    this.#passed = newline === -1 && !isLast ? passed : null;
    if (this.#passed !== null) return false;
    const line = { offset: this.#offset - passed.length, ...passed };
    this.#batch.lines++;
    if (line.length > this.#maxBytes) this.#batch.tooLong.push(line);
    else this.#batch.malformed.push({ ...line, fault: 'bad-csv' });
    return true;
  }

  #parserFrom(start: number): Parser {
    return parse({
      bom: start === 0,
      delimiter: this.#delimiter,
      // The default takes the first line end; an editor may have mixed both in one file.
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      skip_empty_lines: true,
      on_record: (cells: readonly string[], { bytes }) => {
        this.#take(cells, start + bytes);
        // The row is taken here; the parser emits nothing.
        return null;
      },
    });
  }

  /** Takes a row that ends at `end`. An exception ends the parsing. */
  #take(cells: readonly string[], end: number): void {
    this.#skipBlank();
    const length = end - this.#offset;
    const row = this.#open.subarray(0, length);
    if (this.#header === undefined) this.#header = cells;
    else if (cells.length !== this.#header.length || length > this.#maxBytes) throw NO_ROW;
    else this.#batch.add({ offset: this.#offset, length, bytes: row }, this.#header, cells);
    this.#advance(length);
  }

  /** As the parser does: a carriage return alone belongs to a cell. */
  #skipBlank(): void {
    let blank = 0;
    while (this.#open[this.#open[blank] === RETURN ? blank + 1 : blank] === NEWLINE) {
      blank = this.#open.indexOf(NEWLINE, blank) + 1;
    }
    if (blank > 0) this.#advance(blank);
  }

  #advance(bytes: number): void {
    this.#open = this.#open.subarray(bytes);
    this.#offset += bytes;
  }
}

const NO_ROW = new Error('not a row of the header');

function written(parser: Parser, bytes: Buffer): Promise<Error | null> {
  const { promise, resolve } = Promise.withResolvers<Error | null>();
  parser.once('error', resolve);
  parser.write(bytes, (error) => {
    if (!error) parser.off('error', resolve);
    resolve(error ?? null);
  });
  return promise;
}

function ended(parser: Parser, bytes: Buffer): Promise<Error | null> {
  const { promise, resolve } = Promise.withResolvers<Error | null>();
  parser.once('error', resolve);
  parser.once('finish', () => resolve(null));
  parser.end(bytes);
  return promise;
}

class Batch implements LineBatch {
  readonly hits: Line[] = [];
  readonly probes: Line[] = [];
  readonly malformed: FaultyLine[] = [];
  readonly tooLong: Line[] = [];
  lines = 0;
  end = 0;

  add(row: Line, header: readonly string[], cells: readonly string[]): void {
    this.lines++;
    if (isUtf8(row.bytes)) this.hits.push({ ...row, bytes: jsonOf(header, cells) });
    else this.malformed.push({ ...row, fault: 'bad-utf8' });
  }
}

function jsonOf(header: readonly string[], cells: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(Object.fromEntries(header.map((column, index) => [column, cells[index]]))));
}
