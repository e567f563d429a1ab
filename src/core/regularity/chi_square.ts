/** Terms below this share of the sum change nothing. */
const PRECISION = 1e-15;
const MAX_TERMS = 10_000;

/**
 * P(χ² with `degrees` degrees of freedom ≤ `value`): 0 to 1. `degrees` is a whole number ≥ 1, `value` > 0.
 *
 * It is the regularized incomplete gamma function P(a, x) with a = degrees/2 and x = value/2. Small probabilities keep
 * their relative precision (1e-12), since the series has only positive terms. Source: DLMF 8.11.4, and 8.9.2 for large x.
 *
 * `chiSquareBelow(2, 2)` is 1 − 1/e.
 */
export function chiSquareBelow(degrees: number, value: number): number {
  const a = degrees / 2;
  const x = value / 2;
  if (x === Number.POSITIVE_INFINITY) return 1;
  const scale = Math.exp(a * Math.log(x) - x - logGammaAfter(degrees));
  return x < a + 1 ? scale * seriesOf(a, x) : 1 - scale * a * fractionOf(a, x);
}

/** Σ xᵏ/((a + 1) … (a + k)), k from 0. */
function seriesOf(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < MAX_TERMS && term > sum * PRECISION; k++) {
    term *= x / (a + k);
    sum += term;
  }
  return sum;
}

/** The continued fraction of Γ(a, x) · eˣ · x⁻ᵃ, from the front (Lentz's method). Converges fast for x > a + 1. */
function fractionOf(a: number, x: number): number {
  let b = x + 1 - a;
  let c = Number.POSITIVE_INFINITY;
  let d = 1 / b;
  let fraction = d;
  for (let k = 1; k < MAX_TERMS; k++) {
    const numerator = k * (a - k);
    b += 2;
    d = 1 / (b + numerator * d);
    c = b + numerator / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < PRECISION) break;
  }
  return fraction;
}

/** ln Γ(degrees/2 + 1): half a whole number, so it is a product down to Γ(1) = 1 or Γ(1/2) = √π. */
function logGammaAfter(degrees: number): number {
  let sum = degrees % 2 === 0 ? 0 : Math.log(Math.PI) / 2;
  for (let twice = degrees; twice > 0; twice -= 2) sum += Math.log(twice / 2);
  return sum;
}
