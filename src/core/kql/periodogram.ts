/** cos and sin of 2πj/n for j = 0 … n−1. */
interface Circle {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** More lengths than a run of hourly windows has, few enough to hold. */
const MAX_CIRCLES = 256;
const circles = new Map<number, Circle>();

/**
 * Power of the lines k = 0 … ⌊n/2⌋ of a series with the mean taken off: |Σ z[i]·e^(−2πi·ki/n)|², in squared units of
 * the series. Line k stands for a period of n/k elements; line 0 is left at 0.
 *
 * A direct transform with i ascending, for the reason given at `autocorrelation`.
 */
export function periodogram(z: Float64Array): Float64Array {
  const n = z.length;
  const lines = n >> 1;
  const { cos, sin } = circleOf(n);
  const power = new Float64Array(lines + 1);
  for (let k = 1; k <= lines; k++) {
    let re = 0;
    let im = 0;
    let j = 0;
    for (let i = 0; i < n; i++) {
      re += z[i]! * cos[j]!;
      im += z[i]! * sin[j]!;
      j += k;
      if (j >= n) j -= n;
    }
    power[k] = re * re + im * im;
  }
  return power;
}

function circleOf(n: number): Circle {
  const known = circles.get(n);
  if (known) return known;
  const circle = { cos: new Float64Array(n), sin: new Float64Array(n) };
  for (let j = 0; j < n; j++) {
    circle.cos[j] = Math.cos((2 * Math.PI * j) / n);
    circle.sin[j] = Math.sin((2 * Math.PI * j) / n);
  }
  if (circles.size >= MAX_CIRCLES) circles.clear();
  circles.set(n, circle);
  return circle;
}
