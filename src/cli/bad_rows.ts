import { collectBadRows } from '../storage/bad_rows.ts';
import { badRowText } from '../storage/ports/bad_row.ts';
import { say, type Terminal } from './terminal.ts';

const MAX_NAMED = 10;

/** Runs a command, and names the stored rows that it skipped because they cannot be read, also where it fails. */
export function namingBadRows<T>(terminal: Terminal, command: () => Promise<T>): Promise<T> {
  return collectBadRows(async (badRows) => {
    try {
      return await command();
    } finally {
      const { rows, total } = badRows;
      for (const row of rows.slice(0, MAX_NAMED)) say(terminal, `skipped: ${badRowText(row)}`);
      if (total > MAX_NAMED) say(terminal, `skipped: ${total - MAX_NAMED} more stored rows`);
    }
  });
}
