/** The middle value; of an even number the mean of the middle two. Throws a RangeError where there is none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Value at rank q·(n−1) of the sorted values, linear in between; q from 0 to 1. Throws a RangeError where there is none. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new RangeError('no values');
  const sorted = values.toSorted((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] as number;
  const above = sorted[Math.ceil(rank)] as number;
  return below + (rank - Math.floor(rank)) * (above - below);
}

/** Median, with the quartiles around it: how far the rounds lie apart. */
export interface Summary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function summaryOf(values: readonly number[]): Summary {
  return { median: median(values), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

/**
 * a over b, round by round: what slows a machine for a while slows both of a round, so that their ratio keeps steady
 * where their times do not. Throws a RangeError where the two have not the same number of rounds.
 */
export function pairedRatio(a: readonly number[], b: readonly number[]): Summary {
  if (a.length !== b.length) throw new RangeError(`${a.length} rounds against ${b.length}`);
  return summaryOf(a.map((value, round) => value / (b[round] as number)));
}

/**
 * The power with which cost grows with work: the slope of a straight line through log(cost) by log(work), least squares.
 * 1 is in proportion, 2 the square. Throws a RangeError for less than two different amounts of work.
 */
export function growth(points: readonly { readonly work: number; readonly cost: number }[]): number {
  const x = points.map(({ work }) => Math.log(work));
  const y = points.map(({ cost }) => Math.log(cost));
  const meanX = mean(x);
  const meanY = mean(y);
  let covariance = 0;
  let variance = 0;
  for (const [index, each] of x.entries()) {
    covariance += (each - meanX) * ((y[index] as number) - meanY);
    variance += (each - meanX) ** 2;
  }
  if (variance === 0) throw new RangeError('one amount of work has no slope');
  return covariance / variance;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
