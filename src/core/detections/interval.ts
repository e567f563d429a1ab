import { mean } from '../kql/mean.ts';
import type { CountedHours } from '../scoring/folded_counts.ts';
import { inliersOf, spreadOf } from '../scoring/spread.ts';
import type { Interval, RuleAssessment } from './assessments.ts';

const HOUR_SECONDS = 3600;

/**
 * The seconds between two connections: 3600 over the mean of the inliers. The deviation is the interval times the spread
 * of the counts, which is exact to first order. Counts per hour cannot show jitter within the hour: a beacon every
 * 60 s ± 50 % still gives 60 s and a small deviation. null where the inliers hold no connection. `hours`: as for `inliersOf`.
 *
 * `intervalOf([59, 61, 59, 61], [0, 0, 0, 0])` is 60 s with a deviation of 1.15 s.
 */
export function intervalOf(
  counts: readonly number[],
  flags: readonly number[],
  hours: CountedHours = null,
): Interval | null {
  const perHour = mean(inliersOf(counts, flags, hours));
  if (!(perHour > 0)) return null;
  const seconds = HOUR_SECONDS / perHour;
  return { seconds, deviation: seconds * spreadOf(counts, flags, hours) };
}

/**
 * Whether the inliers alone would not reach the threshold. The threshold is on the mean of all points and the interval is
 * of the inliers, so that a beacon can match with an interval longer than 3600 over the threshold: outliers raise its mean.
 */
export function isRaisedByOutliers({ interval, evidence }: Pick<RuleAssessment, 'interval' | 'evidence'>): boolean {
  return interval !== null && HOUR_SECONDS / interval.seconds < evidence.thresholds.minAverage;
}
