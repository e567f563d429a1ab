import { mean } from '../kql/mean.ts';

/** The sum of the squared distances from `centre`; 0 for no value. */
export function squaresAbout(values: readonly number[], centre: number): number {
  let sum = 0;
  // Not `for … of`: it makes an object for each value where lists of several kinds come here.
  for (let at = 0; at < values.length; at++) sum += ((values[at] as number) - centre) ** 2;
  return sum;
}

/** Sample variance, in the square of the unit of the values: `sampleVariance([2, 4, 9])` is 13. NaN for fewer than two values. */
export function sampleVariance(values: readonly number[]): number {
  return squaresAbout(values, mean(values)) / (values.length - 1);
}
