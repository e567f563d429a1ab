/** A whole row: its end, the begin of the next one (both positions in the scanned bytes), and the number of its cells. */
export interface CsvRow {
  readonly end: number;
  readonly next: number;
  readonly cells: number;
}

const [QUOTE, NEWLINE, RETURN] = [0x22, 0x0a, 0x0d];

type Place = 'cell-start' | 'plain' | 'quoted' | 'after-quote' | 'after-quote-return';

/**
 * Finds the end of one row of a CSV (RFC 4180), and remembers where it stopped where the row is not complete. A quote opens
 * only at the start of a cell; two quotes within a quoted cell are one; a carriage return alone belongs to a plain cell.
 * The same rows as csv-parse, which cannot be restarted at a line without a new parser and a copy of the rest.
 */
export class RowScanner {
  readonly #delimiter: number;
  #place: Place = 'cell-start';
  #cells = 1;
  /** Bytes of the row that were scanned. */
  #scanned = 0;

  /** `delimiter`: one ASCII character. */
  constructor(delimiter: string) {
    this.#delimiter = delimiter.charCodeAt(0);
  }

  /** Starts again with the next row. */
  reset(): void {
    this.#place = 'cell-start';
    this.#cells = 1;
    this.#scanned = 0;
  }

  /** Scans the row that begins at `start`; 'open' where more bytes are needed, 'invalid' where it is no row. */
  scan(bytes: Uint8Array, start: number, isLast: boolean): CsvRow | 'open' | 'invalid' {
    let at = start + this.#scanned;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (this.#place === 'quoted') {
        at = bytes.indexOf(QUOTE, at);
        if (at === -1) break;
        this.#place = 'after-quote';
      } else if (byte === NEWLINE) {
        const hasReturn = this.#place === 'after-quote-return' || (this.#place === 'plain' && bytes[at - 1] === RETURN);
        return { end: hasReturn ? at - 1 : at, next: at + 1, cells: this.#cells };
      } else if (!this.#step(byte)) {
        return 'invalid';
      }
    }
    this.#scanned = bytes.length - start;
    if (!isLast) return 'open';
    if (this.#place === 'quoted' || this.#place === 'after-quote-return') return 'invalid';
    return { end: bytes.length, next: bytes.length, cells: this.#cells };
  }

  /** Processes a byte outside of quotes; false where it cannot stand there. */
  #step(byte: number | undefined): boolean {
    if (this.#place === 'after-quote-return') return false;
    if (byte === this.#delimiter) {
      this.#cells++;
      this.#place = 'cell-start';
    } else if (byte === QUOTE) {
      if (this.#place === 'plain') return false;
      // At the start of a cell it opens; after another quote the two are one.
      this.#place = 'quoted';
    } else if (this.#place === 'after-quote') {
      if (byte !== RETURN) return false;
      this.#place = 'after-quote-return';
    } else {
      this.#place = 'plain';
    }
    return true;
  }
}

/** The cells of a row that RowScanner has found, without its line end. */
export function cellsOf(row: string, delimiter: string): readonly string[] {
  if (!row.includes('"')) return row.split(delimiter);
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    const isQuoted = row[at] === '"';
    const end = isQuoted ? closingQuote(row, at) + 1 : endOfPlain(row, delimiter, at);
    cells.push(isQuoted ? row.slice(at + 1, end - 1).replaceAll('""', '"') : row.slice(at, end));
    if (end >= row.length) return cells;
    at = end + 1;
  }
}

function closingQuote(row: string, open: number): number {
  let at = row.indexOf('"', open + 1);
  while (row[at + 1] === '"') at = row.indexOf('"', at + 2);
  return at;
}

function endOfPlain(row: string, delimiter: string, from: number): number {
  const at = row.indexOf(delimiter, from);
  return at === -1 ? row.length : at;
}
