import { best_period } from './best_period.ts';
import { mean } from './mean.ts';
import { series_fit_line } from './series_fit_line.ts';
import { series_seasonal } from './series_seasonal.ts';

/** `avg`: the mean. `linefit`: a straight line. `none`: 0. */
export type Trend = 'avg' | 'linefit' | 'none';

/** Four series as long as the input and in its unit, and the period behind them. */
export interface Decomposition {
  /** seasonal + trend: what was to be expected. */
  readonly baseline: number[];
  readonly seasonal: number[];
  readonly trend: number[];
  /** series − baseline. */
  readonly residual: number[];
  /** In elements; 0 for none. Not a column of Kusto's. */
  readonly period: number;
}

/** Score that a detected period needs (documented default of Seasonality_threshold). */
const SEASONALITY_THRESHOLD = 0.6;

/**
 * series_decompose(series, seasonality, trend): splits a series into a part that repeats, a trend, and the rest.
 *
 * seasonality is −1 to detect the period, 0 for none, or the period in elements. The season is taken from the raw
 * series, the trend from what remains, both in this order (documented; oracle: tsd-baseline). So `avg`
 * is the mean of the deseasonalised series, about 0 where a season was found.
 *
 * The empty series gives empty ones. Throws a RangeError where seasonality is none of the above.
 * Source: Kusto documentation, series_decompose().
 */
export function series_decompose(series: readonly number[], seasonality = -1, trend: Trend = 'avg'): Decomposition {
  const n = series.length;
  const period = seasonality === -1 ? best_period(series, SEASONALITY_THRESHOLD) : seasonality;
  const seasonal = series_seasonal(series, period);
  const deseasonal = new Array<number>(n);
  for (let i = 0; i < n; i++) deseasonal[i] = series[i]! - seasonal[i]!;
  const trendSeries = trendOf(deseasonal, trend);
  const baseline = new Array<number>(n);
  const residual = new Array<number>(n);
  for (let i = 0; i < n; i++) {
    const expected = seasonal[i]! + trendSeries[i]!;
    baseline[i] = expected;
    residual[i] = series[i]! - expected;
  }
  return { baseline, seasonal, trend: trendSeries, residual, period };
}

function trendOf(deseasonal: readonly number[], trend: Trend): number[] {
  switch (trend) {
    case 'avg':
      return new Array<number>(deseasonal.length).fill(mean(deseasonal));
    case 'linefit':
      return series_fit_line(deseasonal).line_fit;
    case 'none':
      return new Array<number>(deseasonal.length).fill(0);
  }
}
