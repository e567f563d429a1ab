import { scratch } from './scratch.ts';

/** Tables of lengths up to this are kept: 8·n² bytes each, under 6 MB for all of them together. */
const LONGEST_KEPT = 128;
const kept = new Map<number, readonly Float64Array[]>();

const powers = scratch();
const rows = scratch();
const circle = scratch();

/**
 * Power |Σ z[i]·e^(−2πi·ki/n)|² of the lines k = 1 … ⌊n/2⌋ of the first n of z, a series with the mean taken off, in
 * squared units of the series. Line k stands for a period of n/k elements. Position 0 and what follows the last line
 * are undefined; the result is valid until the next call.
 *
 * A direct transform with i ascending, for the reason given at `autocorrelation`.
 */
export function periodogram(z: Float64Array, n: number): Float64Array {
  const lines = n >> 1;
  const power = powers(lines + 2);
  const tables = n <= LONGEST_KEPT ? tablesOf(n) : null;
  if (tables === null) fillCircle(circle(2 * n), n);
  for (let k = 1; k <= lines; k += 2) {
    const table = tables === null ? fillPair(rows(4 * n), circle(2 * n), n, k) : tables[k >> 1]!;
    sumTwoLines(z, n, table, k, power);
  }
  return power;
}

/** Lines k and k+1 abreast: each sum keeps its own order, and none waits for another. */
function sumTwoLines(z: Float64Array, n: number, table: Float64Array, k: number, power: Float64Array): void {
  let re0 = 0;
  let im0 = 0;
  let re1 = 0;
  let im1 = 0;
  for (let i = 0, o = 0; i < n; i++, o += 4) {
    const zi = z[i]!;
    re0 += zi * table[o]!;
    im0 += zi * table[o + 1]!;
    re1 += zi * table[o + 2]!;
    im1 += zi * table[o + 3]!;
  }
  power[k] = re0 * re0 + im0 * im0;
  power[k + 1] = re1 * re1 + im1 * im1;
}

function tablesOf(n: number): readonly Float64Array[] {
  const known = kept.get(n);
  if (known) return known;
  const points = circle(2 * n);
  fillCircle(points, n);
  const tables: Float64Array[] = [];
  for (let k = 1; k <= n >> 1; k += 2) tables.push(fillPair(new Float64Array(4 * n), points, n, k));
  kept.set(n, tables);
  return tables;
}

/** cos and sin of 2πj/n, alternating, for j = 0 … n−1. */
function fillCircle(points: Float64Array, n: number): void {
  for (let j = 0; j < n; j++) {
    points[2 * j] = Math.cos((2 * Math.PI * j) / n);
    points[2 * j + 1] = Math.sin((2 * Math.PI * j) / n);
  }
}

/** For every i: cos and sin of 2π·ki/n, then of 2π·(k+1)i/n. */
function fillPair(pair: Float64Array, points: Float64Array, n: number, k: number): Float64Array {
  for (let i = 0, a = 0, b = 0; i < n; i++) {
    pair[4 * i] = points[2 * a]!;
    pair[4 * i + 1] = points[2 * a + 1]!;
    pair[4 * i + 2] = points[2 * b]!;
    pair[4 * i + 3] = points[2 * b + 1]!;
    a += k;
    if (a >= n) a -= n;
    b += k + 1;
    if (b >= n) b -= n;
  }
  return pair;
}
