import { series_periods_detect } from './series_periods_detect.ts';

/**
 * The best period of a series if its score reaches the threshold, else 0: how the functions that look for a season by
 * themselves choose it. The documentation does not say whether a score equal to the threshold counts; here it does.
 */
export function best_period(series: readonly number[], threshold: number): number {
  const { periods, scores } = series_periods_detect(series, 0, series.length, 1);
  return scores[0]! >= threshold ? periods[0]! : 0;
}
