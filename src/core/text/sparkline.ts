const BARS = '▁▂▃▄▅▆▇█';

/**
 * One character for each value, from `▁` (lowest) to `█` (highest); null, a gap, is a space. Bars start at zero, so
 * that a beacon looks flat: equal values are all `█`.
 */
export function sparkline(values: readonly (number | null)[]): string {
  const highest = highestOf(values);
  return values.map((value) => (value === null ? ' ' : barOf(value, highest))).join('');
}

function highestOf(values: readonly (number | null)[]): number {
  return Math.max(...values.map((value) => value ?? 0), 0);
}

/** The bar of a value where `█` is `highest`. */
export function barOf(value: number, highest: number): string {
  if (highest <= 0) return BARS.charAt(0);
  const height = Math.ceil((Math.max(value, 0) / highest) * BARS.length);
  return BARS.charAt(Math.max(height, 1) - 1);
}
