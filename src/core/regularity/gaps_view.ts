import { mean } from '../kql/mean.ts';
import { sampleVariance } from './variance.ts';
import type { View } from './view.ts';

export const MIN_GAPS = 4;
/** Below this mean nearly every hour has a contact, and the gaps say nothing. */
export const MIN_GAP_MEAN = 1.25;

/**
 * The distances between consecutive hours with contact, in hours with the device on.
 * `gapsOf([1, 0, 0, 2, 1])` is `[3, 1]`; fewer than two hours with contact have no gap.
 */
export function gapsOf(on: readonly number[]): number[] {
  const gaps: number[] = [];
  let before: number | null = null;
  for (let hour = 0; hour < on.length; hour++) {
    if (on[hour] === 0) continue;
    if (before !== null) gaps.push(hour - before);
    before = hour;
  }
  return gaps;
}

/**
 * The variance of the gaps against that of chance. If each hour has a contact with the same probability, gaps are
 * geometric, with the variance μ(μ − 1) for the mean μ. This view sees sleeps beyond the hour.
 *
 * null (not measured) for fewer than four gaps, or a mean below 1.25 hours. `gapsView([4, 4, 4, 4])` has the value 0, and n 4.
 */
export function gapsView(gaps: readonly number[]): View | null {
  const m = mean(gaps);
  if (gaps.length < MIN_GAPS || m < MIN_GAP_MEAN) return null;
  return { name: 'gaps', value: sampleVariance(gaps) / (m * (m - 1)), n: gaps.length, k: 3 };
}
