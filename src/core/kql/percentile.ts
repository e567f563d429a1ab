import { select } from './select.ts';

/**
 * Value at rank q·(n−1), q from 0 to 1, of the first n of `values`, linear in between: s[i] + (rank − i)·(s[i+1] − s[i])
 * of the sorted values s. Reorders `values`; n ≥ 1.
 *
 * Rank and interpolation are bit for bit Kusto's (oracle: outliers-so).
 */
export function percentile(values: Float64Array, n: number, q: number): number {
  const rank = q * (n - 1);
  const i = Math.floor(rank);
  const below = select(values, n, i);
  if (i + 1 >= n) return below;
  let above = values[i + 1]!;
  for (let j = i + 2; j < n; j++) if (values[j]! < above) above = values[j]!;
  return below + (rank - i) * (above - below);
}
