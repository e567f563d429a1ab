import { HOUR_SECONDS } from '../../src/core/regularity/time_bin.ts';
import type { TimedCount } from '../../src/core/regularity/timed_count.ts';
import type { Random } from '../../tools/sample/random.ts';

/** The window, in hours. Simulated time begins at 0, a midnight. */
export const WINDOW_HOURS = 72;

/** What the detectors see of one group at one look. */
export interface SimulatedGroup {
  readonly counts: readonly TimedCount[];
  /** Clock hours in which other groups of the device reported. */
  readonly deviceOn: ReadonlySet<number>;
}

/** The time of a report: the start of its reporting hour, five minutes more or less, to the second. */
export function reportSecond(start: number, random: Random): number {
  return Math.floor(start + (2 * random.fraction() - 1) * 300);
}

/** Whether the report is in the window of 72 hours that ends at hour `asOf`: after its start, up to its end. */
export function isInWindow(second: number, asOf = WINDOW_HOURS): boolean {
  return second > (asOf - WINDOW_HOURS) * HOUR_SECONDS && second <= asOf * HOUR_SECONDS;
}
