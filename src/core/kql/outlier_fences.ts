import { percentile } from './percentile.ts';
import { CTUKEY_FACTOR } from './series_outliers.ts';

/** The range in which `series_outliers` (ctukey) scores a value from −threshold to threshold, both included. */
export interface Fences {
  readonly lower: number;
  readonly upper: number;
}

/**
 * The values at which the score of `series_outliers(series)` reaches −threshold and threshold: what lies beyond is an
 * outlier. In the unit of the series. null for an empty series.
 *
 * `outlierFences([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 1.5)` is −3.33 to 13.33: p10 is 1, p90 is 9, and 1.5 / 2.7726 of the
 * 8 between them is 4.33.
 */
export function outlierFences(series: readonly number[], threshold: number): Fences | null {
  const n = series.length;
  if (n === 0) return null;
  const low = percentile(Float64Array.from(series), n, 0.1);
  const high = percentile(Float64Array.from(series), n, 0.9);
  const beyond = ((high - low) * threshold) / CTUKEY_FACTOR;
  return { lower: low - beyond, upper: high + beyond };
}
