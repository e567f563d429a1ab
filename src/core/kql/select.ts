/**
 * Moves the value of rank k (from 0) among the first n to position k, with none above it before and none
 * below it after. Hoare's FIND: what sorting would put there, without sorting the rest. 0 ≤ k < n.
 */
export function select(values: Float64Array, n: number, k: number): number {
  let left = 0;
  let right = n - 1;
  while (left < right) {
    const pivot = values[k]!;
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const swapped = values[i]!;
      values[i++] = values[j]!;
      values[j--] = swapped;
    }
    if (j < k) left = i;
    if (k < i) right = j;
  }
  return values[k]!;
}
