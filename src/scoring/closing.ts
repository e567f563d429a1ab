import { DAY_MS, HOUR_MS } from '../core/kql/timespan.ts';
import { addMs, type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import { type Day, dayOf, startOf } from '../core/records/day.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import type { Boundary, Runs } from '../storage/ports/runs.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { sealDay } from './count_files/seal_day.ts';

/**
 * The rows of a day stay so long after it was closed. An ingest reads the boundary at each segment, so none that began
 * before is still about to write rows of that day.
 */
export const CLOSED_MS = 24 * HOUR_MS;

/**
 * Closes the days that are older than the retention, seen from the earlier of the clock and the newest counted report: a
 * clock that is ahead closes nothing that a correct clock keeps, and a silent exporter nothing at all. The boundary never
 * moves back. Where no report is known it stays.
 */
export async function closeDays(
  runs: Runs,
  newestReport: Timestamp | '',
  now: number,
  retentionDays: number,
): Promise<void> {
  if (newestReport === '') return;
  const clock = timestampFromMs(now);
  const from = newestReport < clock ? newestReport : clock;
  const firstOpen = dayOf(addMs(from, -retentionDays * DAY_MS));
  const boundaries = await unlessBad(runs.boundaries());
  // A bad row is written again.
  const last = boundaries === BAD ? undefined : boundaries.at(-1);
  if (last === undefined || firstOpen > last.firstOpen) await runs.moveBoundary({ firstOpen, since: now });
}

/** The first day whose rows stay: the days before it have been closed for `CLOSED_MS`. '' where none has. */
export function keptFrom(boundaries: readonly Boundary[], now: number): Day | '' {
  return boundaries.findLast(({ since }) => now - since >= CLOSED_MS)?.firstOpen ?? '';
}

/**
 * Seals the days that have been closed for `CLOSED_MS`, and removes their rows. A day that has to wait is tried again by the next
 * call.
 */
export async function sealClosedDays(
  stores: Pick<Stores, 'runs' | 'hourlyCounts' | 'countFiles'>,
  now: number,
): Promise<void> {
  const boundaries = await unlessBad(stores.runs.boundaries());
  const first = boundaries === BAD ? '' : keptFrom(boundaries, now);
  if (first === '') return;
  for (const day of await stores.hourlyCounts.days()) {
    if (day < first) await sealDay(stores, day, () => stores.runs.noteSealed(day));
  }
}

/** How long rows and files are kept (days). */
export interface KeptDays {
  readonly retentionDays: number;
  readonly countFileDays: number;
}

/**
 * Removes the count files that are too old, counted from the boundary as closing is: a clock that is ahead removes nothing that a
 * correct clock keeps. A file of a day with a table stays.
 */
export async function expireCountFiles(
  { runs, hourlyCounts, countFiles }: Pick<Stores, 'runs' | 'hourlyCounts' | 'countFiles'>,
  { retentionDays, countFileDays }: KeptDays,
): Promise<void> {
  const boundaries = await unlessBad(runs.boundaries());
  const last = boundaries === BAD ? undefined : boundaries.at(-1);
  if (last === undefined) return;
  const before = dayOf(addMs(startOf(last.firstOpen), -(countFileDays - retentionDays) * DAY_MS));
  const tables: readonly string[] = await hourlyCounts.days();
  for await (const page of countFiles.list()) {
    for (const { partition, day } of page) {
      if (day < before && !tables.includes(day)) await countFiles.remove({ partition, day });
    }
  }
  await runs.forgetSealed(before);
}
