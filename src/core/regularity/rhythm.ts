import { mean } from '../kql/mean.ts';
import { gapsOf } from './gaps_view.ts';
import type { Points } from './points.ts';
import { sampleVariance, squaresAbout } from './variance.ts';
import type { View } from './view.ts';

/** The estimated time between connections. It is no sleep: one check-in can make several connections. */
export interface Rhythm {
  /** Seconds. */
  readonly interval: number;
  /** Share of the interval, 0 to 0.9: most times between connections lie within interval · (1 ∓ jitter). */
  readonly jitter: number;
}

const MAX_JITTER = 0.9;

/**
 * The time between connections and its jitter, from the gaps if those are the best view or fewer than half of the hours
 * have a connection, else from the counts. Jitter is the half width of a uniform distribution, hence √(3 · variance);
 * 1/6 is the variance that whole hours add to a gap. `points` have a view.
 *
 * 12 connections in each hour have the interval 300 and jitter 0.
 */
export function rhythmOf({ on, x, binSeconds }: Points, best: View): Rhythm {
  const sum = x.reduce((total, count) => total + count, 0);
  if (best.name === 'gaps' || sum < x.length / 2) {
    const gaps = gapsOf(on);
    const gap = middleHalf(gaps);
    const variance = squaresAbout(gaps, gap) / gaps.length;
    return { interval: binSeconds * gap, jitter: capped(Math.sqrt(3 * Math.max(0, variance - 1 / 6)) / gap) };
  }
  const rate = sum >= 2 * x.length ? middleHalf(x.filter((count) => count > 0)) : mean(x);
  const relative = best.name === 'steps' ? best.value : sampleVariance(x) / mean(x);
  return { interval: binSeconds / rate, jitter: capped(Math.sqrt(3 * Math.max(0, relative - 1 / (6 * rate)))) };
}

/** The mean without the lowest and the highest quarter: `middleHalf([1, 3, 5, 900])` is 4. At least one value. */
function middleHalf(values: readonly number[]): number {
  const cut = Math.floor(values.length / 4);
  const sorted = new Float64Array(values).sort();
  return mean(sorted.subarray(cut, sorted.length - cut));
}

function capped(jitter: number): number {
  return Math.min(MAX_JITTER, jitter);
}
