/** Arithmetic mean: the sum from first to last, divided once. NaN for the empty series. Kusto's avg, bit for bit. */
export function mean(series: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < series.length; i++) sum += series[i]!;
  return sum / series.length;
}
