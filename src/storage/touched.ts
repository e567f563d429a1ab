import { bin, type Hour } from '../core/kql/bin.ts';
import type { Contribution } from '../core/records/contribution.ts';
import { type Day, dayOf } from '../core/records/day.ts';
import type { ContributionRow, Partition, Touched } from './ports/hourly_counts.ts';

/** Rows and entries of one transaction: the limit of Table Storage. */
export const MAX_MERGED = 100;

/** The entries that announce one of the rows. */
export function announcing<T extends Touched>(touched: readonly T[], rows: readonly Contribution[]): T[] {
  const names = new Set(rows.flatMap((row) => [nameOf(hourOf(row), null), nameOf(hourOf(row), row.groupId)]));
  return touched.filter(({ hour, groupId }) => names.has(nameOf(hour, groupId)));
}

/** Throws a RangeError on errors of the caller: rows of another partition or day, without an entry, or too many. */
export function assertMerge(
  partition: Partition,
  day: Day,
  rows: readonly ContributionRow[],
  touched: readonly Touched[],
): void {
  const operations = rows.length + touched.length;
  if (operations > MAX_MERGED) throw new RangeError(`more than ${MAX_MERGED} rows and entries: ${operations}`);
  const entries = new Set(touched.map(({ hour, groupId }) => nameOf(hour, groupId)));
  const keys = new Set<string>();
  for (const row of rows) {
    const { groupId, Timestamp, contribution } = row;
    if (!groupId.startsWith(partition)) throw new RangeError(`not of partition ${partition}: ${groupId}`);
    if (dayOf(Timestamp) !== day) throw new RangeError(`not of ${day}: ${Timestamp}`);
    if (!entries.has(nameOf(hourOf(row), null)) && !entries.has(nameOf(hourOf(row), groupId))) {
      throw new RangeError(`no touched entry for ${groupId} at ${Timestamp}`);
    }
    keys.add(`${groupId}|${Timestamp}|${contribution}`);
  }
  if (keys.size < rows.length) throw new RangeError('the same key more than once');
}

function hourOf({ Timestamp }: Contribution): Hour {
  return bin(Timestamp, '1h');
}

function nameOf(hour: Hour, groupId: string | null): string {
  return groupId === null ? hour : `${hour}|${groupId}`;
}
