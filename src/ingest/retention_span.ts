import { DAY_MS } from '../core/kql/timespan.ts';
import { addMs, msOf, type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import type { Runs } from '../storage/ports/runs.ts';

/** The span of stored reports. Raw events count by the start of their hour, so that an hour is always stored whole. */
export interface RetentionSpan {
  /** Reports up to this time are expired. */
  readonly after: Timestamp;
  /** Newer reports come from a wrong clock and become dead letters: they could stay for years before their window. */
  readonly upTo: Timestamp;
}

/** Tolerance for a device's clock that is ahead when its report arrives. */
const CLOCK_TOLERANCE_MS = DAY_MS;
/** An export that grew so lately shows that this clock is right. */
const FRESH_MS = DAY_MS;
/** Runs of so long before the clock are asked for the newest report. */
const RUNS_MS = 2 * DAY_MS;

/**
 * The reports that are stored of an export which grew last at `lastModified`, by the clock of the service. Reports expire
 * by this clock, but never more of them than the newest report allows that the runs know, or the arrival of the export
 * itself: a clock that is ahead must lose nothing. Reads the runs for an old export only.
 */
export async function retentionSpan(
  runs: Pick<Runs, 'since'>,
  lastModified: number,
  retentionDays: number,
  now: number,
): Promise<RetentionSpan> {
  const known = now - lastModified < FRESH_MS ? now : Math.max(lastModified, await newestReportMs(runs, now));
  return {
    after: timestampFromMs(Math.min(now, known) - retentionDays * DAY_MS),
    // From the arrival of the report, not from the time of reading: a repeat decides the same.
    upTo: timestampFromMs(lastModified + CLOCK_TOLERANCE_MS),
  };
}

async function newestReportMs(runs: Pick<Runs, 'since'>, now: number): Promise<number> {
  let newest: Timestamp | '' = '';
  for await (const { newestReport } of runs.since(addMs(timestampFromMs(now), -RUNS_MS))) {
    if (newestReport > newest) newest = newestReport;
  }
  return newest === '' ? 0 : msOf(newest);
}
