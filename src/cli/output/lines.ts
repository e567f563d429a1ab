import Table from 'cli-table3';
import { stringify } from 'csv-stringify/sync';
import { escapeForDisplay, escapeJson } from '../../core/text/escape.ts';

/** One JSON object per line, hostile characters escaped. */
export function jsonLines(rows: readonly object[]): string {
  return rows.map((row) => `${escapeJson(JSON.stringify(row))}\n`).join('');
}

/** CSV. The first line has the columns even without rows, so that a script always gets the same header. */
export function csvLines(columns: readonly string[], rows: readonly object[], header = true): string {
  const cells = rows.map((row) => columns.map((column) => cell((row as Record<string, unknown>)[column])));
  return stringify(cells, {
    header,
    columns: [...columns],
    // Names come from attackers, and a spreadsheet runs a cell that begins with = + - @.
    escape_formulas: true,
  });
}

/** Lists as JSON; text escaped, and without the white space that could precede a formula. */
function cell(value: unknown): unknown {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'object') return JSON.stringify(value);
  return typeof value === 'string'
    ? escapeForDisplay(value, Number.MAX_SAFE_INTEGER).replace(/^\s+(?=[=+\-@])/, '')
    : value;
}

export interface TextColumn {
  readonly head: string;
  readonly right?: boolean;
  /** Characters of a text, the rest is cut; 32 by default. */
  readonly widest?: number;
}

const WIDEST = 32;

/** A table for a person. Texts may come from the telemetry: they are escaped. */
export function textTable(columns: readonly TextColumn[], rows: readonly (readonly (string | number)[])[]): string {
  const table = new Table({
    head: columns.map(({ head }) => head),
    // The library's colours would be escape sequences in a file or a pipe.
    style: { head: [], border: [], compact: true },
    colAligns: columns.map(({ right }) => (right ? 'right' : 'left')),
  });
  for (const row of rows) {
    table.push(
      row.map((value, n) =>
        typeof value === 'string' ? escapeForDisplay(value, columns[n]?.widest ?? WIDEST) : value,
      ),
    );
  }
  return `${table.toString()}\n`;
}
