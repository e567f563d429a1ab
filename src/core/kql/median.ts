import { select } from './select.ts';

/**
 * Middle value of the first n of `values`; of an even number the mean of the middle two. Reorders `values`; n ≥ 1.
 *
 * The mean of the two is Kusto's (oracle: seasonal-force3b).
 */
export function median(values: Float64Array, n: number): number {
  const middle = n >> 1;
  const upper = select(values, n, middle);
  if (n % 2 === 1) return upper;
  let lower = values[0]!;
  for (let i = 1; i < middle; i++) if (values[i]! > lower) lower = values[i]!;
  return (lower + upper) / 2;
}
