import { series_decompose_anomalies } from '../kql/series_decompose_anomalies.ts';
import { series_stats } from '../kql/series_stats.ts';
import { toint } from '../kql/toint.ts';
import type { Rule } from './rule.ts';
import type { Series } from './series.ts';

/** A detector's result for one series. */
export type Assessment = Match | NoMatch;

export interface NoMatch {
  readonly match: false;
  /** The first condition that fails, cheapest first. */
  readonly reason: 'too-few-points' | 'low-average' | 'too-few-inliers';
}

export interface Match {
  readonly match: true;
  readonly series: Series;
  readonly count_of_hours: number;
  readonly inliner_count: number;
  readonly outlier_count: number;
  /** toint(avg): truncated. */
  readonly avg_conn_count: number;
  /** `anomalies_decomposed`: 1 above, -1 below, 0 neither; one for each count. */
  readonly flags: readonly number[];
  readonly scores: readonly number[];
  readonly baseline: readonly number[];
  /** Period of the season in points, 0 for none. */
  readonly period: number;
  readonly stats: NonNullable<ReturnType<typeof series_stats>>;
}

/**
 * The detector `kql-rule`: "Suspicious Network Beacons" by Mehmet Ergene (Cyb3rMonk), BSD-3,
 * github.com/Cyb3r-Monk/Threat-Hunting-and-Detection. A group matches when at least `minUniformPerDay * lookbackDays` of
 * its points are inliers of `series_decompose_anomalies`, and its mean is above `minAverage`.
 */
export function kqlRule(series: Series, rule: Rule): Assessment {
  const counts = series.ConnCounts;
  const minUniform = rule.minUniformPerDay * rule.lookbackDays;
  // These two conditions need no decomposition and reject most groups.
  if (counts.length < minUniform) return { match: false, reason: 'too-few-points' };
  const stats = series_stats(counts);
  if (stats === null || !(stats.avg > rule.minAverage)) return { match: false, reason: 'low-average' };

  const { ad_flag, ad_score, baseline, period } = series_decompose_anomalies(counts, rule.anomalyThreshold, -1);
  let outliers = 0;
  for (const flag of ad_flag) if (flag !== 0) outliers++;
  const inliers = counts.length - outliers;
  if (inliers < minUniform) return { match: false, reason: 'too-few-inliers' };

  return {
    match: true,
    series,
    count_of_hours: series.Timestamp.length,
    inliner_count: inliers,
    outlier_count: outliers,
    avg_conn_count: toint(stats.avg) ?? Math.trunc(stats.avg),
    flags: ad_flag,
    scores: ad_score,
    baseline,
    period,
    stats,
  };
}
