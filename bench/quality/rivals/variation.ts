import { mean } from '../../harness/statistics.ts';

/** Up to this coefficient of variation a series counts as a beacon. */
export const VARIATION_THRESHOLD = 0.2;
/** Fewer values are not scored. */
const MIN_VALUES = 12;

/** Standard deviation over mean: the plain measure of evenness. null for fewer than 12 values, or a mean of 0. */
export function variationOf(values: readonly number[]): number | null {
  if (values.length < MIN_VALUES) return null;
  const average = mean(values);
  if (average === 0) return null;
  const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1);
  return Math.sqrt(variance) / average;
}

/** The times between connections, in seconds: what this measure needs, and hourly reports do not have. */
export function gapsBetween(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] as number));
}
