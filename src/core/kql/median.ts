/**
 * Middle value; of an even number of values the mean of the middle two. Sorts `values` in place; NaN when empty.
 *
 * The mean of the two is Kusto's (oracle: seasonal-force3b).
 */
export function median(values: Float64Array): number {
  const n = values.length;
  values.sort();
  const middle = n >> 1;
  return n % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}
