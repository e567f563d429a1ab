import type { Terminal } from '../terminal.ts';

/** How standard output shows a table. */
export interface TableView {
  /** Columns of the terminal; null for a file or a pipe, which gets lines of cells with tabs between them. */
  readonly width: number | null;
  readonly hasColour: boolean;
  /** The columns that a text takes on a terminal. */
  readonly widthOf: (text: string) => number;
}

/** For a file or a pipe. */
export const PLAIN: TableView = { width: null, hasColour: false, widthOf: ({ length }) => length };
/** A terminal that does not say how wide it is. */
const DEFAULT_WIDTH = 80;

/**
 * The view of standard output. The tables of Unicode widths take some 20 ms to load, so that only a terminal loads them. `NO_COLOR` with any value (no-color.org) and a dumb terminal have no colours.
 */
export async function viewOf({ stdout, env }: Pick<Terminal, 'stdout' | 'env'>): Promise<TableView> {
  if (!stdout.isTTY) return PLAIN;
  const hasColour = !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const { default: widthOf } = await import('string-width');
  return { width: stdout.columns || DEFAULT_WIDTH, hasColour, widthOf };
}
