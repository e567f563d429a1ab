import { collectBadRows } from '../storage/bad_rows.ts';

/** Runs work. Where it skips stored rows that cannot be read, `note` gets their number afterwards, also where it fails. */
export function countingBadRows<T>(work: () => Promise<T>, note: (badRows: number) => void): Promise<T> {
  return collectBadRows(async (badRows) => {
    try {
      return await work();
    } finally {
      if (badRows.total > 0) note(badRows.total);
    }
  });
}
