import { period_candidates } from './period_candidates.ts';
import type { Periods } from './series_periods_detect.ts';

/**
 * series_periods_validate(series, period1, period2, …): the score of each given period, in the order given.
 *
 * 0 for what detection would not consider: shorter than 4, longer than half the series (documented), or no candidate
 * of `period_candidates` (oracle: validate-doc60, where lag 10 peaks and scores 0 all the same). How near a period
 * that is no whole number may lie to a candidate is unknown; here it has to be equal.
 * Source: Kusto documentation, series_periods_validate().
 */
export function series_periods_validate(series: readonly number[], ...periods: readonly number[]): Periods {
  const candidates = period_candidates(series);
  return {
    periods: [...periods],
    scores: periods.map((period) => candidates.find((candidate) => candidate.period === period)?.score ?? 0),
  };
}
