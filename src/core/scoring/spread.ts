import { series_stats } from '../kql/series_stats.ts';
import { type CountedHours, foldedCounts } from './folded_counts.ts';

/**
 * The spread of a series: sample standard deviation over mean of its inliers, without unit. 0 where all are equal; traffic
 * of people has about 1 and more. Outliers are skipped, as in the rule: a reboot or a burst does not make a beacon less
 * regular. Fewer than two inliers, or a mean of 0, give 1. `hours`: as for `inliersOf`.
 *
 * `spreadOf([60, 60, 900, 60], [0, 0, 1, 0])` is 0.
 */
export function spreadOf(counts: readonly number[], flags: readonly number[], hours: CountedHours = null): number {
  const stats = series_stats(inliersOf(counts, flags, hours));
  if (stats === null || stats.stdev === null || !(stats.avg > 0)) return 1;
  return stats.stdev / stats.avg;
}

/**
 * The counts that `series_decompose_anomalies` did not flag. With the hour of each count, an empty hour and a doubled one are
 * two ordinary hours.
 */
export function inliersOf(
  counts: readonly number[],
  flags: readonly number[],
  hours: CountedHours = null,
): readonly number[] {
  if (hours !== null) return foldedCounts(counts, flags, hours);
  return counts.filter((_count, index) => flags[index] === 0);
}
