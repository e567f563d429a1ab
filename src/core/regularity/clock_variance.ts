/**
 * The variance that a perfect clock has because it is counted in whole hours, as a share of its mean. Of a mean of 2.25 an
 * hour, three of four hours hold two connections and one holds three: variance 0.25 · 0.75, a share of 0.083.
 *
 * u(1 − u)/m, where u is the part of the mean m after the decimal point. m > 0.
 */
export function clockShareOf(mean: number): number {
  const u = mean - Math.floor(mean);
  return (u * (1 - u)) / mean;
}
