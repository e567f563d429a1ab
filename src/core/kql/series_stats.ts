/** The columns of series_stats(), with sum and len as series_stats_dynamic() adds them. */
export interface SeriesStats {
  readonly min: number;
  /** First position of the minimum, counted from 0. */
  readonly min_idx: number;
  readonly max: number;
  /** First position of the maximum, counted from 0. */
  readonly max_idx: number;
  readonly avg: number;
  /** Sample standard deviation; null for a single element. */
  readonly stdev: number | null;
  /** Sample variance; null for a single element. */
  readonly variance: number | null;
  readonly sum: number;
  readonly len: number;
}

/**
 * series_stats(series): smallest and largest value with their first positions, mean, sample standard deviation and
 * sample variance, all in the unit of the series (the variance in its square).
 *
 * - avg = sum / len, the sum taken from first to last; variance = (n·Σx² − (Σx)²) / (n·(n−1)). Bit for bit Kusto
 *   (oracle: stats-doc, avg-is-sum-over-len). A running mean would print 32.800000000000004 where Kusto prints 32.8.
 * - One element that is not finite makes the answer null, as ignore_nonfinite is false by default (documented).
 * - The empty series gives null, and a single element has null stdev and variance: a sample of one has none, and
 *   the formula divides by zero. Kusto documents neither.
 * - Of nearly equal values beyond some 1e8 the difference is all rounding and can fall below zero; it counts as 0.
 *
 * `series_stats([2, 4, 9])` has avg 5 and variance 13. Source: Kusto documentation, series_stats() and
 * series_stats_dynamic().
 */
export function series_stats(series: readonly number[]): SeriesStats | null {
  const len = series.length;
  if (len === 0) return null;
  let min_idx = 0;
  let max_idx = 0;
  let sum = 0;
  let sumOfSquares = 0;
  for (let i = 0; i < len; i++) {
    const x = series[i]!;
    if (!Number.isFinite(x)) return null;
    if (x < series[min_idx]!) min_idx = i;
    if (x > series[max_idx]!) max_idx = i;
    sum += x;
    sumOfSquares += x * x;
  }
  const variance = len === 1 ? null : Math.max(0, (len * sumOfSquares - sum * sum) / (len * (len - 1)));
  return {
    min: series[min_idx]!,
    min_idx,
    max: series[max_idx]!,
    max_idx,
    avg: sum / len,
    stdev: variance === null ? null : Math.sqrt(variance),
    variance,
    sum,
    len,
  };
}
