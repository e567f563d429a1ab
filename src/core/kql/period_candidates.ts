import { autocorrelation } from './autocorrelation.ts';
import { mean } from './mean.ts';
import { periodogram } from './periodogram.ts';
import { scratch } from './scratch.ts';

/** A period that Kusto would consider, with its score. */
export interface Period {
  /** Length in elements of the series, a whole number from 4 to half the series. */
  readonly period: number;
  /** From 0, no better than the worst lag, to 1, repeats exactly; rounding may exceed that by a digit in the last place. */
  readonly score: number;
}

/** The shortest period that the algorithm can detect (documented). */
const MIN_PERIOD = 4;

const working = scratch();

/**
 * Every period of a series that counts as one, best score first, the shorter first where scores tie.
 *
 * Two steps, as in Vlachos, Yu and Castelli, "On periodicity detection and structural periodic similarity" (2005): a
 * strong line of the periodogram hints at a period, and the autocorrelation says which lag near it is meant.
 *
 * - Periods are whole and lie from 4 to ⌊n/2⌋, both included (documented); so below 8 elements there are none.
 * - A line k with 4 ≤ n/k ≤ n/2 is a hint when it is a peak and its power exceeds the mean of all lines by more than
 *   one population standard deviation. How strong a line has to be is not published: from 0 to 2.7 deviations fits
 *   every published output, and which of them it is decides the flags of about 0.4 % of noise-like series.
 * - The hint's lag is the one with the highest score from n/(k+1) to n/(k−1), if the autocorrelation peaks there
 *   (inferred from periods of 14, 71 and 84 beside lines at 15, 72 and 90). A line with no whole lag in that range
 *   names no period: of 72 elements that is line 16 alone, a period of 4.5.
 * - score[p] = (c[p] − min c) / (c[0] − min c), the minimum over all lags: exact (oracle: detect-kubica). The series
 *   is not detrended first. A constant series has c[0] = min c and no period.
 */
export function period_candidates(series: readonly number[]): Period[] {
  const n = series.length;
  const z = centred(series);
  const hints = strongLines(periodogram(z, n), n);
  if (hints.length === 0) return [];
  const { c, least } = autocorrelation(z, n);
  const span = c[0]! - least;
  if (span === 0) return [];
  const found: Period[] = [];
  for (const k of hints) {
    const best = bestLag(c, least, span, n, k);
    if (best.period === 0 || !isPeakLag(c, n, best.period)) continue;
    if (!found.some(({ period }) => period === best.period)) found.push(best);
  }
  return found.sort((a, b) => b.score - a.score || a.period - b.period);
}

function centred(series: readonly number[]): Float64Array {
  const n = series.length;
  const average = mean(series);
  const z = working(n);
  for (let i = 0; i < n; i++) z[i] = series[i]! - average;
  return z;
}

/** Lines that hint at a period, from the longest period to the shortest. */
function strongLines(power: Float64Array, n: number): number[] {
  const threshold = strongPower(power, n >> 1);
  const strong: number[] = [];
  // No period is longer than n/2, so the first line is 2; none is shorter than 4, so a line has both neighbours.
  for (let k = 2; MIN_PERIOD * k <= n; k++) {
    const p = power[k]!;
    if (p > threshold && p > power[k - 1]! && p >= power[k + 1]!) strong.push(k);
  }
  return strong;
}

/** Mean plus one population standard deviation of the lines 1 … `lines`. */
function strongPower(power: Float64Array, lines: number): number {
  let sum = 0;
  for (let k = 1; k <= lines; k++) sum += power[k]!;
  const average = sum / lines;
  let squares = 0;
  for (let k = 1; k <= lines; k++) {
    const deviation = power[k]! - average;
    squares += deviation * deviation;
  }
  return average + Math.sqrt(squares / lines);
}

/** The lag with the highest score that line k covers, the smallest of equals; period 0 where it covers no whole lag. */
function bestLag(c: Float64Array, least: number, span: number, n: number, k: number): Period {
  const first = Math.max(MIN_PERIOD, Math.ceil(n / (k + 1)));
  const last = Math.min(n >> 1, Math.floor(n / (k - 1)));
  let period = 0;
  let score = -1;
  for (let p = first; p <= last; p++) {
    const s = (c[p]! - least) / span;
    if (s > score) {
      score = s;
      period = p;
    }
  }
  return { period, score };
}

/** A peak rises from the lag before and does not rise further; past half the series the lags mirror themselves. */
function isPeakLag(c: Float64Array, n: number, p: number): boolean {
  const next = Math.min(p + 1, n - p - 1);
  return c[p]! > c[p - 1]! && c[p]! >= c[next]!;
}
