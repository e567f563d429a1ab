import { styleText } from 'node:util';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { fitColumns } from './fit_columns.ts';
import { withoutFormulas } from './lines.ts';
import type { TableView } from './view.ts';

export interface TextColumn {
  readonly head: string;
  readonly right?: boolean;
  /** Characters of a text on a terminal, the rest is cut; 32 by default. */
  readonly widest?: number;
  /** A terminal that is too narrow first cuts texts to this length; a column without it is shown in full. */
  readonly narrowest?: number;
  /** Then it omits the columns with the highest number. Columns without one are always shown. */
  readonly rank?: number;
  /** `severity`: in colour. */
  readonly kind?: 'severity';
}

export type Cell = string | number;

export interface TextRow {
  readonly cells: readonly Cell[];
  /** Lines across the table, below the cells; on a terminal only. */
  readonly below?: readonly string[];
}

const WIDEST = 32;
const GAP = '  ';

/**
 * A table for a person: it fits the terminal, and a last line names the columns that are omitted there. A file or a pipe
 * gets every column in full, with tabs between them. Texts may come from the telemetry: they are escaped.
 */
export function textTable(columns: readonly TextColumn[], rows: readonly TextRow[], view: TableView): string {
  return view.width === null ? tabbed(columns, rows) : drawn(columns, rows, { ...view, width: view.width });
}

/** Rows that are nothing but cells. */
export function plainRows(cells: readonly (readonly Cell[])[]): TextRow[] {
  return cells.map((each) => ({ cells: each }));
}

function tabbed(columns: readonly TextColumn[], rows: readonly TextRow[]): string {
  const lines = [columns.map(({ head }) => head), ...rows.map(({ cells }) => cells.map(inFull))];
  return lines.map((cells) => `${cells.join('\t')}\n`).join('');
}

/** A tab is escaped, so that it never begins a cell; a spreadsheet gets no formula. */
function inFull(cell: Cell): string {
  return typeof cell === 'string' ? withoutFormulas(escapeForDisplay(cell, Number.MAX_SAFE_INTEGER)) : String(cell);
}

function drawn(
  columns: readonly TextColumn[],
  rows: readonly TextRow[],
  { width, hasColour, widthOf }: TableView & { readonly width: number },
): string {
  const texts = rows.map(({ cells }) => cells.map((cell, n) => shown(cell, columns[n]?.widest ?? WIDEST)));
  const wanted = columns.map((column, n) => ({
    ...column,
    // A column without any text says nothing.
    width: texts.reduce((most, cells) => Math.max(most, widthOf(cells[n] ?? '')), widthOf(column.head)),
    isEmpty: texts.length > 0 && texts.every((cells) => cells[n] === ''),
  }));
  const { widths, omitted } = fitColumns(wanted, width, GAP.length);
  const line = (cells: readonly string[], paint: (text: string, n: number) => string) =>
    [...widths]
      .map(([n, size]) => {
        const text = cutTo(cells[n] ?? '', size, widthOf);
        const space = ' '.repeat(size - widthOf(text));
        return columns[n]?.right === true ? `${space}${paint(text, n)}` : `${paint(text, n)}${space}`;
      })
      .join(GAP)
      .trimEnd();
  const bold = (text: string) => (hasColour ? painted('bold', text) : text);
  const severity = (text: string, n: number) => (hasColour && columns[n]?.kind === 'severity' ? inColour(text) : text);
  const heads = columns.map(({ head }) => head);
  return [
    line(heads, bold),
    ...rows.flatMap(({ below = [] }, n) => [
      line(texts[n] as string[], severity),
      ...below.flatMap((text) => wrapped(`${GAP}${text}`, width)),
    ]),
    ...(omitted.length === 0
      ? []
      : [
          ...omittedLines(
            omitted.map((n) => heads[n] as string),
            width,
          ),
        ]),
  ]
    .map((each) => `${each}\n`)
    .join('');
}

function shown(cell: Cell, widest: number): string {
  return typeof cell === 'string' ? escapeForDisplay(cell, widest) : String(cell);
}

/** The text, or its longest beginning that fits with `…` behind it. A wide character takes two columns. */
function cutTo(text: string, width: number, widthOf: TableView['widthOf']): string {
  if (widthOf(text) <= width) return text;
  let cut = '';
  for (const character of text) {
    if (widthOf(`${cut}${character}…`) > width) break;
    cut += character;
  }
  return `${cut}…`;
}

/** Lines of at most `width` characters: a row of bars goes on below, and words are not kept together. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  const characters = [...text];
  for (let start = 0; start < characters.length; start += width)
    lines.push(
      characters
        .slice(start, start + width)
        .join('')
        .trimEnd(),
    );
  return lines;
}

/** The omitted columns, in as many lines as they need: no name is cut. */
function omittedLines(heads: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = `(not shown at ${width} columns:`;
  for (const [index, head] of heads.entries()) {
    const next = `${head}${index === heads.length - 1 ? ')' : ','}`;
    if (line.length + 1 + next.length > width) {
      lines.push(line);
      line = ` ${next}`;
    } else line += ` ${next}`;
  }
  return [...lines, line];
}

const COLOURS = { high: ['red', 'bold'], medium: ['yellow'] } as const;

function inColour(text: string): string {
  return text === 'high' || text === 'medium' ? painted([...COLOURS[text]], text) : text;
}

/** `hasColour` has decided already; the stream of this process is not asked. */
function painted(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { validateStream: false });
}
