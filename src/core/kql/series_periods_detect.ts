import { period_candidates } from './period_candidates.ts';

/** Two parallel columns: periods in elements of the series, scores from 0 to 1. */
export interface Periods {
  readonly periods: number[];
  readonly scores: number[];
}

/**
 * series_periods_detect(series, min_period, max_period, num_periods): the most significant periods from min_period to
 * max_period, both included, best score first; always num_periods of them, the missing ones as period 0 with score 0.
 *
 * See `period_candidates` for periods and scores. The bounds choose among those; whether Kusto
 * applies them earlier is unknown, and its documentation advises bounds 20 % wider than the expected periods.
 * Source: Kusto documentation, series_periods_detect().
 */
export function series_periods_detect(
  series: readonly number[],
  min_period: number,
  max_period: number,
  num_periods: number,
): Periods {
  const found = period_candidates(series).filter(({ period }) => period >= min_period && period <= max_period);
  const periods: number[] = [];
  const scores: number[] = [];
  for (let i = 0; i < num_periods; i++) {
    periods.push(found[i]?.period ?? 0);
    scores.push(found[i]?.score ?? 0);
  }
  return { periods, scores };
}
