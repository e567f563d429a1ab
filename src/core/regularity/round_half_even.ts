/**
 * The number with `digits` decimals that is nearest to the value; of two that are equally near the even one. It takes the
 * exact value of the double: `roundHalfEven(0.125, 2)` is 0.12, `roundHalfEven(0.0125, 3)` is 0.013 since that double is above.
 */
export function roundHalfEven(value: number, digits: number): number {
  // Only odd multiples of 1/2^(digits + 1) are doubles that lie exactly between two results.
  const halves = value * 2 ** (digits + 1);
  if (Math.abs(halves % 2) !== 1) return Number(value.toFixed(digits));
  const lower = Math.floor(value * 10 ** digits);
  return (lower % 2 === 0 ? lower : lower + 1) / 10 ** digits;
}
