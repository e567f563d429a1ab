import { Buffer } from 'node:buffer';
import { headerOf, isHeaderAmongRows, type TableHeader } from '../core/records/table_header.ts';
import { cellsOf, RowScanner } from './csv_row.ts';

export const DELIMITERS = [',', ';', '\t'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** Lines before the header: a title, `sep=;`, PowerShell's `#TYPE …`, comments. */
export const MAX_PREAMBLE_LINES = 20;
/** Longer than any header. Defender's has 2,500 bytes. */
export const MAX_HEADER_BYTES = 16 * 1024;

/** A header, and the delimiter between its cells. */
export interface CsvHeader extends TableHeader {
  readonly delimiter: Delimiter;
}

/** The header in a line; null where it is none with any delimiter. */
export function csvHeaderOf(line: string): CsvHeader | null {
  return find(line, (text, delimiter) => (isRow(text, delimiter) ? headerOf(cellsOf(text, delimiter)) : null));
}

/** The header in the first line that is no directive, whatever its names: for a table that is no telemetry. */
export function anyHeaderOf(line: string): CsvHeader | null {
  const text = line.replace(/^\ufeff/, '').trimEnd();
  if (text === '' || isDirective(line)) return null;
  const delimiter = DELIMITERS.find((each) => text.split(each).length > MIN_COLUMNS) ?? ',';
  return isRow(text, delimiter) ? { columns: cellsOf(text, delimiter), missing: null, delimiter } : null;
}

const MIN_COLUMNS = 3;

/** The header of another table in a line behind rows. */
export function csvHeaderBehind(line: string): CsvHeader | null {
  if (!HINT.test(line)) return null;
  return find(line, (text, delimiter) => {
    if (!isRow(text, delimiter)) return null;
    const cells = cellsOf(text, delimiter);
    return isHeaderAmongRows(cells) ? headerOf(cells) : null;
  });
}

/** A column that at least one is in every header: most rows are decided by it. */
const HINT = /RemoteIP|EventID|ProviderName|conn_state|_raw|ActionType/i;

/** Whether the line would be a header if its quotes were balanced. */
export function isBrokenHeader(line: string): boolean {
  const unquoted = (cell: string): string => cell.replace(/^"|"$/g, '');
  return find(line, (text, delimiter) => headerOf(text.split(delimiter).map(unquoted))) !== null;
}

function find(line: string, header: (text: string, delimiter: Delimiter) => TableHeader | null): CsvHeader | null {
  const text = line.replace(/^\ufeff/, '').trimEnd();
  if (text === '' || /^\s*[{[<]/.test(text)) return null;
  for (const delimiter of DELIMITERS) {
    const found = text.includes(delimiter) ? header(text, delimiter) : null;
    if (found !== null) return { ...found, delimiter };
  }
  return null;
}

function isRow(text: string, delimiter: Delimiter): boolean {
  return typeof new RowScanner(delimiter).scan(Buffer.from(text), 0, true) !== 'string';
}

/** Whether the line belongs to the file's form and not to its content: `sep=;` of Excel, `#TYPE …` of PowerShell. */
export function isDirective(line: string): boolean {
  return /^\ufeff?"?(?:sep=.{0,3}|#TYPE\s.*)$/i.test(line.trimEnd());
}

/**
 * Whether the first lines of a file have the header of a CSV, or one with a broken quote and no record behind it: of other
 * files the first line may be cut off at its begin. The last line of `text` may be cut off at its end.
 */
export function isCsv(text: string): boolean {
  const lines = text.split('\n');
  for (const [index, line] of lines.slice(0, -1).slice(0, MAX_PREAMBLE_LINES).entries()) {
    if (isRecord(line)) return false;
    if (csvHeaderOf(line) !== null) return true;
    if (isBrokenHeader(line)) return !isRecord(lines[index + 1] ?? '');
  }
  return false;
}

/** Whether it begins as JSON, or as an event in XML. */
function isRecord(line: string): boolean {
  return /^\s*[{[<]/.test(line);
}

/** A name of a column that no format may know: a word or a few. */
const NAME = /^["\s]*[A-Za-z_@][\w .@()[\]/-]{0,60}["\s]*$/;
const LISTED_NAMES = 20;

/** The names in the first line of a text that looks like a table with a header; null if it does not. */
export function columnsIn(text: string): readonly string[] | null {
  const line = text.split('\n').find((each) => each.trim() !== '' && !isDirective(each)) ?? '';
  for (const delimiter of DELIMITERS) {
    const cells = line.replace(/^\ufeff/, '').split(delimiter);
    if (cells.length < 2 || !cells.every((cell) => NAME.test(cell))) continue;
    return cells.slice(0, LISTED_NAMES).map((cell) => cell.replaceAll('"', '').trim());
  }
  return null;
}
