import { msOf, type Timestamp } from '../kql/timestamp.ts';
import { HOUR_SECONDS } from './time_bin.ts';

/** The connections of one report. */
export interface TimedCount {
  /** Whole seconds since 1970. */
  readonly second: number;
  /** At least 1. */
  readonly count: number;
}

/** What this detector reads of a report. */
export interface CountedReport {
  readonly Timestamp: Timestamp;
  /** null where the report has no number. */
  readonly count: number | null;
}

/**
 * The reports of one group of an aggregated source, with the fraction of a second cut off. Reports without a connection are
 * skipped. The caller applies the window (`windowOf(asOf, 3)` and `isOfWindow`), which needs the fraction.
 */
export function timedCountsOf(reports: Iterable<CountedReport>): TimedCount[] {
  const counts: TimedCount[] = [];
  for (const { Timestamp, count } of reports) {
    if (count !== null && count > 0) counts.push({ second: Math.floor(msOf(Timestamp) / 1000), count });
  }
  return counts;
}

/**
 * The events of one group of a raw source: the rows of a bin are one report at its start, however the exports are cut.
 * `binSeconds` is 3600, or a bin of `binSecondsOf`.
 */
export function rawTimedCountsOf(events: Iterable<CountedReport>, binSeconds: number = HOUR_SECONDS): TimedCount[] {
  const sums = new Map<number, number>();
  for (const { second, count } of timedCountsOf(events)) {
    const start = second - (second % binSeconds);
    sums.set(start, (sums.get(start) ?? 0) + count);
  }
  return Array.from(sums, ([second, count]) => ({ second, count }));
}
