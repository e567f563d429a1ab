import { series_stats } from '../kql/series_stats.ts';

/**
 * Spread over mean of a series' inliers: their sample standard deviation divided by their mean, without a unit. 0 is
 * clockwork; a person's traffic is around 1 and more. Outliers are left out, as the rule leaves them out: a reboot or a
 * burst makes no beacon less regular.
 *
 * Fewer than two inliers, or ones that count nothing, show no spread: 1.
 *
 * `regularityOf([60, 60, 900, 60], [0, 0, 1, 0])` is 0.
 */
export function spreadOf(counts: readonly number[], flags: readonly number[]): number {
  const stats = series_stats(inliersOf(counts, flags));
  if (stats === null || stats.stdev === null || !(stats.avg > 0)) return 1;
  return stats.stdev / stats.avg;
}

/** The counts that `series_decompose_anomalies` did not flag. */
export function inliersOf(counts: readonly number[], flags: readonly number[]): number[] {
  return counts.filter((_count, index) => flags[index] === 0);
}
