import { stringify } from 'csv-stringify/sync';
import { escapeForDisplay, escapeJson } from '../../core/text/escape.ts';

/** One JSON object per line, hostile characters escaped. */
export function jsonLines(rows: readonly object[]): string {
  return rows.map((row) => `${escapeJson(JSON.stringify(row))}\n`).join('');
}

/** CSV. The first line has the columns even without rows, so that a script always gets the same header. */
export function csvLines(columns: readonly string[], rows: readonly object[], header = true): string {
  const cells = rows.map((row) => columns.map((column) => cell((row as Record<string, unknown>)[column])));
  return stringify(cells, { header, columns: [...columns] });
}

/** Lists as JSON, text without formulas. Numbers and booleans are ours: they stay as they are. */
function cell(value: unknown): unknown {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return withoutFormulas(escapeForDisplay(value, Number.MAX_SAFE_INTEGER));
  return typeof value === 'object' ? escapeJson(JSON.stringify(value, (_name, inner) => textOf(inner))) : value;
}

function textOf(value: unknown): unknown {
  return typeof value === 'string' ? withoutFormulas(value) : value;
}

/**
 * The start of a text, or a separator of cells within it, where a formula follows; white space and quotes may stand before
 * the formula. The wide forms of the characters begin a formula as well.
 */
const BEFORE_FORMULA = /(?:^|(?<=[,;\t|]))(?=[\s"]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/g;

/**
 * Puts an apostrophe before everything that a spreadsheet would take for a formula. Names come from attackers. Quotes do not
 * protect: a spreadsheet whose separator is another one than the comma honours them only at the start of a field.
 */
export function withoutFormulas(text: string): string {
  return text.replace(BEFORE_FORMULA, "'");
}
