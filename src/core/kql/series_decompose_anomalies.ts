import { series_decompose, type Trend } from './series_decompose.ts';
import { type OutlierKind, series_outliers } from './series_outliers.ts';

/** One answer per element of the series. */
export interface Anomalies {
  /** 1 above what was expected, −1 below, 0 as expected. */
  readonly ad_flag: number[];
  /** Score of `series_outliers`, without unit; may be infinite. */
  readonly ad_score: number[];
  /** What was expected, in the unit of the series. */
  readonly baseline: number[];
  /** Period of the season that was taken off, in elements; 0 for none. Not a column of Kusto's. */
  readonly period: number;
}

/**
 * series_decompose_anomalies(series, threshold, seasonality, trend, AD_method): which elements stand out from season
 * and trend, and by how much. The residual of `series_decompose` is scored by `series_outliers`; a score above the
 * threshold is flagged 1, one below −threshold is flagged −1, one equal to it is not (documented: "greater than").
 *
 * KQL's Test_points, which would stand before AD_method, is not offered. A query that gives the function a single
 * column name keeps ad_flag alone. Exact against 840 published flags, scores (1e-12) and baselines (oracle: tsd-*).
 * Source: Kusto documentation, series_decompose_anomalies(); msticpy docs/notebooks/data/TimeSeriesDemo.csv.
 */
export function series_decompose_anomalies(
  series: readonly number[],
  threshold = 1.5,
  seasonality = -1,
  trend: Trend = 'avg',
  AD_method: OutlierKind = 'ctukey',
): Anomalies {
  const { baseline, residual, period } = series_decompose(series, seasonality, trend);
  const ad_score = series_outliers(residual, AD_method);
  const ad_flag = new Array<number>(series.length);
  for (let i = 0; i < ad_flag.length; i++) {
    const score = ad_score[i]!;
    ad_flag[i] = score > threshold ? 1 : score < -threshold ? -1 : 0;
  }
  return { ad_flag, ad_score, baseline, period };
}
