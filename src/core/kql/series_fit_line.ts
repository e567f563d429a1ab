import { mean } from './mean.ts';

/** The columns of series_fit_line() that a decomposition needs. */
export interface FittedLine {
  /** Rise per element. */
  readonly slope: number;
  /** Value where the line stands one step before the first element. */
  readonly interception: number;
  /** The line at every element of the series. */
  readonly line_fit: number[];
}

/**
 * series_fit_line(series): the straight line with the least squared distance from the series, over positions 1 … n:
 * in Kusto's documented example the first value of the line is interception + slope.
 *
 * A single element has slope 0. The formula is ordinary least squares about the means; Kusto's own order of
 * operations is not known, and 840 published scores agree to 2e-14 with this one (oracle: tsd-score).
 * Source: Kusto documentation, series_fit_line().
 */
export function series_fit_line(series: readonly number[]): FittedLine {
  const n = series.length;
  const average = mean(series);
  const middle = (n + 1) / 2;
  let covariance = 0;
  let spread = 0;
  for (let i = 0; i < n; i++) {
    const x = i + 1 - middle;
    covariance += x * (series[i]! - average);
    spread += x * x;
  }
  const slope = n > 1 ? covariance / spread : 0;
  const interception = average - slope * middle;
  const line_fit = new Array<number>(n);
  for (let i = 0; i < n; i++) line_fit[i] = interception + slope * (i + 1);
  return { slope, interception, line_fit };
}
