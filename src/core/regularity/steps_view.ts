import { mean } from '../kql/mean.ts';
import type { View } from './view.ts';

/** The mean of z² over the smallest two thirds of |z|, where z is standard normal: the value that chance would give. */
export const CHANCE = 0.27487;

/**
 * The steps between neighbouring hours, each against the size that chance would give it: t = (a − b)²/(a + b). The largest
 * third is dropped, so the view survives a sleep that was changed.
 *
 * `inner`: connections per hour, one list for each stretch. Two hours without a connection are no step. null (not measured)
 * without a step. `stepsView([[60, 60, 12, 12]])` has the value 0, and n 3.
 */
export function stepsView(inner: readonly (readonly number[])[]): View | null {
  // An array of the language would hold an object for each number while it is sorted.
  const all = new Float64Array(inner.reduce((sum, { length }) => sum + length, 0));
  let n = 0;
  for (const stretch of inner) {
    for (let i = 1; i < stretch.length; i++) {
      const a = stretch[i - 1] as number;
      const b = stretch[i] as number;
      if (a + b > 0) all[n++] = (a - b) ** 2 / (a + b);
    }
  }
  if (n === 0) return null;
  const sorted = all.subarray(0, n).sort();
  return { name: 'steps', value: mean(sorted.subarray(0, n - Math.floor(n / 3))) / CHANCE, n, k: 5 };
}
