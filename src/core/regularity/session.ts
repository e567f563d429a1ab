import { mean } from '../kql/mean.ts';
import { chiSquareBelow } from './chi_square.ts';
import { clockShareOf } from './clock_variance.ts';
import { squaresAbout } from './variance.ts';

/** How probable it is that chance makes a series this even or more even. */
export interface Session {
  /** 0 to 1; 1 where it is not measured. `1 / p` groups of chance have one such. */
  readonly p: number;
  /** Whole hours. */
  readonly n: number;
  /** Connections per hour. */
  readonly mean: number;
}

export const MIN_SESSION_HOURS = 4;
/** Longer runs can reach the score that they need. */
export const MAX_SESSION_HOURS = 12;
export const MIN_SESSION_MEAN = 4;
export const MAX_SESSION_P = 3e-4;
/** Perfect series have no variance, and p would be 0: the sum of squares counts as this much at least. */
const MIN_SQUARES = 0.001;

/**
 * The test of a short run, which cannot reach a score of 0.70. Against chance (Poisson), Σ(x − m)²/m is χ² with n − 1
 * degrees; the share of a perfect clock is taken off. Fewer than 4 hours, or a mean below 4, give p = 1.
 *
 * `x`: connections per whole hour. `sessionOf([30, 30, 30, 30, 30, 30])` has p 1.7e-9.
 */
export function sessionOf(x: readonly number[]): Session {
  const n = x.length;
  const m = mean(x);
  if (n < MIN_SESSION_HOURS || !(m >= MIN_SESSION_MEAN)) return { p: 1, n, mean: m };
  const f = clockShareOf(m);
  const squares = Math.max(0, squaresAbout(x, m) / m - f * (n - 1)) / (1 - f);
  return { p: chiSquareBelow(n - 1, Math.max(MIN_SQUARES, squares)), n, mean: m };
}

/** Whether the series matches as a session, whatever its score. */
export function isSession({ p, n }: Session): boolean {
  return n <= MAX_SESSION_HOURS && p <= MAX_SESSION_P;
}
