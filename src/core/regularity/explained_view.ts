import { mean } from '../kql/mean.ts';
import { clockShareOf } from './clock_variance.ts';
import { gapsOf, MIN_GAP_MEAN, MIN_GAPS } from './gaps_view.ts';
import type { Points } from './points.ts';
import { MAX_CLOCK_SHARE, MIN_POINTS } from './spread_view.ts';
import { unitOf } from './time_bin.ts';
import type { ViewName } from './view.ts';

/** Scores are compared after rounding to three digits, half to even: 0.5995 is 0.600. */
const HALF_DIGIT = 0.0005;

/**
 * The highest value of a view whose rounded score is `score`; null where n is too small for any value.
 * `highestValueFor(72, 5, 0.6)` is 0.359: above it a group of 72 points does not match by this view.
 */
export function highestValueFor(n: number, k: number, score: number): number | null {
  const value = 1 - ((score - HALF_DIGIT) * (n + k)) / n;
  return n > 0 && value >= 0 ? value : null;
}

/** The n from which on a perfect clock has a rounded score. `leastPointsFor(5, 0.6)` is 7.48. */
export function leastPointsFor(k: number, score: number): number {
  return ((score - HALF_DIGIT) * k) / (1 - score + HALF_DIGIT);
}

/** Why views of these points could not be measured: one phrase for each of them. */
export function unmeasuredViews({ x, inner, on, binSeconds }: Points): ReadonlyMap<ViewName, string> {
  const unit = unitOf(binSeconds);
  const reasons = new Map<ViewName, string>();
  const m = mean(x);
  if (x.length < MIN_POINTS) reasons.set('spread', `${x.length} whole ${unit}s (minimum ${MIN_POINTS})`);
  else if (m === 0) reasons.set('spread', `no connection in a whole ${unit}`);
  else if (clockShareOf(m) > MAX_CLOCK_SHARE)
    reasons.set('spread', `${m.toFixed(2)} connections per ${unit} are too few to count by whole ${unit}s`);
  const hasStep = inner.some((stretch) =>
    stretch.some((count, index) => index > 0 && count + (stretch[index - 1] ?? 0) > 0),
  );
  if (!hasStep) reasons.set('steps', `no two neighbouring whole ${unit}s with a connection`);
  const gaps = gapsOf(on);
  if (gaps.length < MIN_GAPS) reasons.set('gaps', `${gaps.length} gaps (minimum ${MIN_GAPS})`);
  else if (mean(gaps) < MIN_GAP_MEAN)
    reasons.set('gaps', `a mean gap of ${mean(gaps).toFixed(2)} ${unit}s (minimum ${MIN_GAP_MEAN})`);
  return reasons;
}
