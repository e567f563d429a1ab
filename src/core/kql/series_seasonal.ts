import { best_period } from './best_period.ts';
import { median } from './median.ts';
import { scratch } from './scratch.ts';

/** Minimum score of a period (documented); series_decompose() has a lower one. */
const THRESHOLD = 0.7;

const working = scratch();

/**
 * series_seasonal(series, period): the seasonal part of a series, one value per element in the unit of the series:
 * the median of all elements in the same phase, those of the last, unfinished period included.
 *
 * Without a period the best one is detected, with a score of at least 0.7. Where there is none, or period is 0, all
 * values are 0. Exact (oracle: seasonal-6 to seasonal-force3b). A period as long as the series or longer returns the
 * series. Throws a RangeError where period is not a whole number from 0 on.
 *
 * `series_seasonal([1, 3, 5, 1, 3, 5, 2, 4, 6], 3)` is `[1, 3, 5, 1, 3, 5, 1, 3, 5]`. Source: Kusto documentation,
 * series_seasonal().
 */
export function series_seasonal(series: readonly number[], period = best_period(series, THRESHOLD)): number[] {
  if (!Number.isInteger(period) || period < 0) {
    throw new RangeError(`a period is a whole number of elements, or 0 for none: ${period}`);
  }
  const n = series.length;
  const seasonal = new Array<number>(n).fill(0);
  const phase = working(n);
  for (let j = 0; j < period && j < n; j++) {
    let count = 0;
    for (let i = j; i < n; i += period) phase[count++] = series[i]!;
    const value = median(phase, count);
    for (let i = j; i < n; i += period) seasonal[i] = value;
  }
  return seasonal;
}
