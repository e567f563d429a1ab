import { mean } from '../kql/mean.ts';
import { inliersOf, spreadOf } from '../scoring/spread.ts';
import type { Interval } from './detection.ts';

const HOUR_SECONDS = 3600;

/**
 * The seconds between two connections, estimated from how many there are in an hour: 3600 over the mean of the inliers,
 * and how far that spreads from hour to hour (to first order the same share of it as the counts spread of their mean).
 * An hour's count cannot show jitter within the hour: of a beacon every 60 s ± 50 % it still says 60 s, and a narrow
 * spread. null where the inliers count no connection.
 *
 * `intervalOf([59, 61, 59, 61], [0, 0, 0, 0])` is 60 s with a spread of 1.15 s.
 */
export function intervalOf(counts: readonly number[], flags: readonly number[]): Interval | null {
  const perHour = mean(inliersOf(counts, flags));
  if (!(perHour > 0)) return null;
  const seconds = HOUR_SECONDS / perHour;
  return { seconds, deviation: seconds * spreadOf(counts, flags) };
}
