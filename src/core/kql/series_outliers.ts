import { percentile } from './percentile.ts';
import { scratch } from './scratch.ts';

/** `tukey`: fences from the 25th and 75th percentile. `ctukey`: from the 10th and 90th, scaled to mean the same. */
export type OutlierKind = 'ctukey' | 'tukey';

/**
 * The factor that gives 1.5 on the 10/90 fences the meaning of 1.5 on 25/75 fences for normal values. Exact normal quantiles
 * would give 2.7144; the product uses this number, read back from its printed scores (oracle: outliers-so).
 */
export const CTUKEY_FACTOR = 2.772605605507915;

const working = scratch();

/**
 * series_outliers(series, kind): how far each value lies beyond the fences, in inter-percentile ranges; one score per
 * element, without unit. Above 1.5 is a mild outlier upwards, below −1.5 downwards, inside the fences exactly 0.
 *
 * - score = (x − p90) / (p90 − p10) · factor above p90, (x − p10) / (p90 − p10) · factor below p10, in exactly this
 *   order of operations: bit for bit Kusto. Multiplying first gives other last digits.
 * - Where the two percentiles coincide, a value beyond them scores +Infinity or −Infinity, so it is flagged by its
 *   side. An assumption: no document says, one published output speaks for it. All-equal series score only 0.
 * - A single element scores 0; no element of a series of three or fewer can reach 1.5.
 *
 * Elements are finite. Source: Kusto documentation, series_outliers(); Stack Overflow 75264555 (the function's
 * author), where the scores are printed to the last digit. The factor of `tukey` being 1 is documented, not pinned.
 */
export function series_outliers(series: readonly number[], kind: OutlierKind = 'ctukey'): number[] {
  const n = series.length;
  const scores = new Array<number>(n);
  if (n === 0) return scores;
  const values = working(n);
  for (let i = 0; i < n; i++) values[i] = series[i]!;
  const low = percentile(values, n, kind === 'ctukey' ? 0.1 : 0.25);
  const high = percentile(values, n, kind === 'ctukey' ? 0.9 : 0.75);
  const factor = kind === 'ctukey' ? CTUKEY_FACTOR : 1;
  const range = high - low;
  for (let i = 0; i < n; i++) {
    const x = series[i]!;
    if (x > high) scores[i] = ((x - high) / range) * factor;
    else if (x < low) scores[i] = ((x - low) / range) * factor;
    else scores[i] = 0;
  }
  return scores;
}
