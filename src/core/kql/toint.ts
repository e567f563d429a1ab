const INT32_MAX = 2_147_483_647;
const INT32_MIN = -2_147_483_648;

/** A decimal number as text, with sign, fraction and exponent as they may come. */
const DECIMAL = /^\s*[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?\s*$/;

/**
 * toint(value): the value as a 32-bit integer, or null where it is not convertible.
 *
 * - Numbers lose their fraction, towards zero: 45.9999 gives 45 (documented), −2.7 gives −2 (inferred).
 * - Text that spells a decimal number is read as that number: '123' gives 123 (documented), '2.9' gives 2 (assumed).
 * - true gives 1, false 0; outside −2³¹ to 2³¹−1, NaN and infinities give null (assumed).
 * - null, undefined, other text (also hexadecimal), arrays and objects give null.
 *
 * Source: Kusto documentation, toint().
 */
export function toint(value: unknown): number | null {
  switch (typeof value) {
    case 'number':
      return truncated(value);
    case 'string':
      return DECIMAL.test(value) ? truncated(Number(value)) : null;
    case 'boolean':
      return value ? 1 : 0;
    default:
      return null;
  }
}

function truncated(value: number): number | null {
  const whole = Math.trunc(value);
  // Adding zero turns −0, which no integer is, into 0. NaN fails both comparisons.
  return whole >= INT32_MIN && whole <= INT32_MAX ? whole + 0 : null;
}
