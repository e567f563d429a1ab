/**
 * Reads a decimal number, also with an exponent: `decimalOf('2.5')` is 2.5. Null for other text, also for text that `Number`
 * reads: `0x10`, `' 5'`, `''`, `Infinity`.
 */
export function decimalOf(text: string): number | null {
  const value = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
  return value !== null && Number.isFinite(value) ? value : null;
}

/** Reads a whole number from `least` to `most`, written in digits alone. Null for other text. */
export function wholeOf(text: string, least: number, most: number): number | null {
  const value = /^-?\d+$/.test(text) ? Number(text) : null;
  return value !== null && value >= least && value <= most ? value : null;
}
