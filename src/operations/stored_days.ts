import { DAY_MS } from '../core/kql/timespan.ts';
import { msOf } from '../core/kql/timestamp.ts';
import { type Day, endOf } from '../core/records/day.ts';
import { counted } from '../core/text/numbers.ts';
import { CLOSED_MS, keptFrom } from '../scoring/closing.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import { PARTITIONS } from '../storage/keys.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { RunHistory } from './run_history.ts';

/** The days of which rows are stored. */
export interface StoredDays {
  readonly newest: Day | null;
  /** Days whose rows should have been removed a day ago. */
  readonly overdue: readonly Day[];
  /** Sealed days without the count files of these partitions, which nothing can build again. */
  readonly lost: readonly { readonly day: Day; readonly partitions: readonly string[] }[];
  /** Tables of counts that another version of Beaconwatch wrote, and this one does not read. */
  readonly otherFormats: readonly string[];
}

export async function storedDays(
  { runs, hourlyCounts, countFiles }: Pick<Stores, 'runs' | 'hourlyCounts' | 'countFiles'>,
  now: number,
): Promise<StoredDays> {
  const days = await hourlyCounts.days();
  const boundaries = await unlessBad(runs.boundaries());
  const files = new Set<string>();
  for await (const page of countFiles.list()) for (const { day, partition } of page) files.add(day + partition);
  const lost = (await runs.sealedDays())
    .filter((day) => !days.includes(day))
    .map((day) => ({ day, partitions: PARTITIONS.filter((partition) => !files.has(day + partition)) }))
    .filter(({ partitions }) => partitions.length > 0);
  const first = boundaries === BAD ? '' : keptFrom(boundaries, now - CLOSED_MS);
  const otherFormats = await hourlyCounts.otherFormats();
  return { newest: days.at(-1) ?? null, overdue: days.filter((day) => day < first), lost, otherFormats };
}

const MAX_NAMED_DAYS = 5;
const MAX_NAMED_TABLES = 3;

/** A sentence where rows stay too long, or no new ones arrive. */
export function storedDayProblems(days: StoredDays | null, runs: RunHistory | null, now: number): string[] {
  const problems: string[] = [];
  if (days === null) return problems;
  const { newest, overdue, lost, otherFormats } = days;
  const [first] = overdue;
  if (first !== undefined) {
    problems.push(
      `The rows of ${counted(overdue.length, 'closed day')} are still stored, the oldest of ${first}: ` +
        'see the log of scoreWindows, which removes them.',
    );
  }
  for (const { day, partitions } of lost.slice(0, MAX_NAMED_DAYS)) {
    problems.push(
      `There is no history of ${day} in ${counted(partitions.length, 'partition')} (${partitions.join(', ')}): ` +
        'the count files were removed, and the rows are gone. Restore them from a backup, or leave the gap.',
    );
  }
  if (lost.length > MAX_NAMED_DAYS) {
    problems.push(`There is no history of ${counted(lost.length - MAX_NAMED_DAYS, 'more day')}.`);
  }
  if (otherFormats.length > 0) {
    const more = otherFormats.length > MAX_NAMED_TABLES ? ', …' : '';
    problems.push(
      `${counted(otherFormats.length, 'table')} of counts in the format of another version ` +
        `(${otherFormats.slice(0, MAX_NAMED_TABLES).join(', ')}${more}): this version does not read them. If reports are ` +
        'missing, read their exports again (beaconwatch replay). Then remove these tables.',
    );
  }
  // The runs name the newest report as long as it is in their windows.
  const isUnknown = runs !== null && runs.lastRun !== null && runs.newestReport === '';
  if (newest !== null && isUnknown && now - msOf(endOf(newest)) > DAY_MS) {
    problems.push(
      `The newest stored reports are of ${newest}: the exporter is silent, or the clock is ahead. ` +
        'Old rows are kept until newer reports arrive.',
    );
  }
  return problems;
}
