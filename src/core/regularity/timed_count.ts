import type { Timestamp } from '../kql/timestamp.ts';
import { HOUR_SECONDS } from './time_bin.ts';
import { wholeSecondOf } from './whole_second.ts';

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

/** The connections of a report, with the fraction of a second cut off; null for a report without a connection. */
export function timedCountOf({ Timestamp, count }: CountedReport): TimedCount | null {
  return count !== null && count > 0 ? { second: wholeSecondOf(Timestamp), count } : null;
}

/**
 * The reports of one group of an aggregated source; those without a connection are skipped. The caller applies the window
 * (`windowOf(asOf, 3)` and `isOfWindow`), which needs the fraction.
 */
export function timedCountsOf(reports: Iterable<CountedReport>): TimedCount[] {
  return Array.from(reports, timedCountOf).filter((each) => each !== null);
}

/**
 * The events of one group of a raw source: the rows of a bin are one report at its start, however the exports are cut.
 * `binSeconds` is 3600, or a bin of `binSecondsOf`.
 */
export function rawTimedCountsOf(events: Iterable<CountedReport>, binSeconds: number = HOUR_SECONDS): TimedCount[] {
  return summedPer(binSeconds, timedCountsOf(events));
}

/** One count for each span of so many seconds that has any, at its start. `summedPer(1, counts)` joins those of the same second. */
export function summedPer(seconds: number, counts: readonly TimedCount[]): TimedCount[] {
  const sums = new Map<number, number>();
  for (const { second, count } of counts) {
    const start = second - (second % seconds);
    sums.set(start, (sums.get(start) ?? 0) + count);
  }
  return Array.from(sums, ([second, count]) => ({ second, count }));
}
