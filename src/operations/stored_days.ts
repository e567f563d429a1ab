import { DAY_MS } from '../core/kql/timespan.ts';
import { msOf } from '../core/kql/timestamp.ts';
import { type Day, endOf } from '../core/records/day.ts';
import { counted } from '../core/text/numbers.ts';
import { CLOSED_MS, keptFrom } from '../scoring/closing.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { RunHistory } from './run_history.ts';

/** The days of which rows are stored. */
export interface StoredDays {
  readonly newest: Day | null;
  /** Days whose rows should have been removed a day ago. */
  readonly overdue: readonly Day[];
}

export async function storedDays(
  { runs, hourlyCounts }: Pick<Stores, 'runs' | 'hourlyCounts'>,
  now: number,
): Promise<StoredDays> {
  const days = await hourlyCounts.days();
  const boundaries = await unlessBad(runs.boundaries());
  const first = boundaries === BAD ? '' : keptFrom(boundaries, now - CLOSED_MS);
  return { newest: days.at(-1) ?? null, overdue: days.filter((day) => day < first) };
}

/** A sentence where rows stay too long, or no new ones arrive. */
export function storedDayProblems(days: StoredDays | null, runs: RunHistory | null, now: number): string[] {
  const problems: string[] = [];
  if (days === null) return problems;
  const { newest, overdue } = days;
  const [first] = overdue;
  if (first !== undefined) {
    problems.push(
      `The rows of ${counted(overdue.length, 'closed day')} are still stored, the oldest of ${first}: ` +
        'see the log of scoreWindows, which removes them.',
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
