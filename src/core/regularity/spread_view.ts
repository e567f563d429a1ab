import { mean } from '../kql/mean.ts';
import { clockShareOf } from './clock_variance.ts';
import { sampleVariance } from './variance.ts';
import type { View } from './view.ts';

export const MIN_POINTS = 3;
/** Above this share of the clock's own variance the counts cannot distinguish clockwork from chance: 0.4 connections an hour or fewer. */
export const MAX_CLOCK_SHARE = 0.6;

/**
 * The variance of the counts over their mean, without the share that a perfect clock has. Counts of a Poisson process have
 * the variance of their mean, so chance gives 1.
 *
 * `x`: connections per hour. null (not measured) for fewer than three points, no connection, or too few for whole hours.
 * `spreadView([12, 12, 12])` has the value 0, and n 3. Source: index of dispersion (Cox and Lewis, 1966).
 */
export function spreadView(x: readonly number[]): View | null {
  const m = mean(x);
  if (x.length < MIN_POINTS || m === 0) return null;
  const f = clockShareOf(m);
  if (f > MAX_CLOCK_SHARE) return null;
  const value = Math.max(0, (sampleVariance(x) / m - f) / (1 - f));
  return { name: 'spread', value, n: x.length * (1 - f) ** 2, k: 5 };
}
