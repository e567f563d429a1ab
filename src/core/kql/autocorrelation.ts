import { scratch } from './scratch.ts';

/** The autocorrelation of a series that has its mean taken off, in squared units of the series. */
export interface Autocorrelation {
  /** c[p] for the lags p = 0 … ⌊n/2⌋; later positions are undefined. Valid until the next call. */
  readonly c: Float64Array;
  /** The smallest c[p] of all lags 0 … n−1. */
  readonly least: number;
}

const sums = scratch();
const doubled = scratch();

/**
 * Circular autocorrelation c[p] = Σ z[i]·z[(i+p) mod n] of the first n of z, without zero padding, division or
 * correction for bias. The formula gives Kusto's period scores (oracle: detect-kubica, to one unit in the last place).
 *
 * Each sum runs with i ascending. The fast Fourier transform that gives the same numbers on paper rounds differently,
 * and then picks other periods on up to 0.6 % of short, nearly constant series, which is what beacons are. Lags past
 * n/2 mirror those before it except in the last digits, so they are summed only where they might be the smallest.
 */
export function autocorrelation(z: Float64Array, n: number): Autocorrelation {
  const half = n >> 1;
  const c = sums(half + 4);
  // Two copies in a row, so that no index wraps; the last lags of a group of four may read past them; the result is unused.
  const twice = doubled(2 * n + 8);
  for (let i = 0; i < n; i++) twice[i] = twice[i + n] = z[i]!;
  for (let p = 0; p <= half; p += 4) sumFourLags(twice, n, p, c);

  let least = c[0]!;
  for (let p = 1; p <= half; p++) if (c[p]! < least) least = c[p]!;
  // Two orders of the same n products differ by at most 2·n·2⁻⁵³ of Σ|products|, which c[0] bounds; this is 4 times that.
  const almostLeast = least + 4 * n * Number.EPSILON * c[0]!;
  for (let p = 1; 2 * p < n; p++) {
    if (c[p]! <= almostLeast) least = Math.min(least, sumLag(twice, n, n - p));
  }
  return { c, least };
}

/**
 * c[p] to c[p+3]. Each sum keeps its own order, and none waits for another; in steps of four elements, because they
 * share seven of the sixteen factors.
 */
function sumFourLags(twice: Float64Array, n: number, p: number, c: Float64Array): void {
  const whole = n - (n % 4);
  let c0 = 0;
  let c1 = 0;
  let c2 = 0;
  let c3 = 0;
  let t0 = twice[p]!;
  let t1 = twice[p + 1]!;
  let t2 = twice[p + 2]!;
  for (let i = 0; i < whole; i += 4) {
    const q = i + p;
    const t3 = twice[q + 3]!;
    const t4 = twice[q + 4]!;
    const t5 = twice[q + 5]!;
    const t6 = twice[q + 6]!;
    const z0 = twice[i]!;
    const z1 = twice[i + 1]!;
    const z2 = twice[i + 2]!;
    const z3 = twice[i + 3]!;
    c0 = c0 + z0 * t0 + z1 * t1 + z2 * t2 + z3 * t3;
    c1 = c1 + z0 * t1 + z1 * t2 + z2 * t3 + z3 * t4;
    c2 = c2 + z0 * t2 + z1 * t3 + z2 * t4 + z3 * t5;
    c3 = c3 + z0 * t3 + z1 * t4 + z2 * t5 + z3 * t6;
    t0 = t4;
    t1 = t5;
    t2 = t6;
  }
  for (let i = whole; i < n; i++) {
    const zi = twice[i]!;
    c0 += zi * twice[i + p]!;
    c1 += zi * twice[i + p + 1]!;
    c2 += zi * twice[i + p + 2]!;
    c3 += zi * twice[i + p + 3]!;
  }
  c[p] = c0;
  c[p + 1] = c1;
  c[p + 2] = c2;
  c[p + 3] = c3;
}

function sumLag(twice: Float64Array, n: number, p: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += twice[i]! * twice[i + p]!;
  return sum;
}
