import { DAY_MS } from '../core/kql/timespan.ts';
import { type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import { type Day, dayOf } from '../core/records/day.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import type { Runs } from '../storage/ports/runs.ts';

/** The span of stored reports. Raw events count by the start of their hour, so that an hour is always stored whole. */
export interface RetentionSpan {
  /** Reports of earlier days are expired. */
  readonly firstOpen: Day;
  /** Newer reports come from a wrong clock and become dead letters: they could stay for years before their window. */
  readonly upTo: Timestamp;
}

/** Tolerance for a device's clock that is ahead when its report arrives. */
const CLOCK_TOLERANCE_MS = DAY_MS;

/** The reports that are stored of an export which grew last at `lastModified`, by the clock of the service. */
export async function retentionSpan(
  runs: Pick<Runs, 'boundaries'>,
  lastModified: number,
  retentionDays: number,
  now: number,
): Promise<RetentionSpan> {
  return {
    firstOpen: await firstOpenDay(runs, lastModified, retentionDays, now),
    // From the arrival of the report, not from the time of reading: a repeat decides the same.
    upTo: timestampFromMs(lastModified + CLOCK_TOLERANCE_MS),
  };
}

/**
 * The first day that takes rows: the boundary that the runs have set. Before the first boundary, that of a retention before
 * the export grew last, which no clock that is ahead moves.
 */
export async function firstOpenDay(
  runs: Pick<Runs, 'boundaries'>,
  lastModified: number,
  retentionDays: number,
  now: number,
): Promise<Day> {
  const boundaries = await unlessBad(runs.boundaries());
  const last = boundaries === BAD ? undefined : boundaries.at(-1);
  if (last !== undefined) return last.firstOpen;
  return dayOf(timestampFromMs(Math.min(lastModified, now) - retentionDays * DAY_MS));
}
