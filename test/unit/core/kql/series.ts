import fc from 'fast-check';

/** The shapes that hourly counts take, and those that make trouble; frozen, as nobody may change what a caller owns. */
type Shape = (length: number) => fc.Arbitrary<number[]>;

const noise: Shape = (n) => fc.array(fc.integer({ min: 0, max: 200 }), { minLength: n, maxLength: n });

/** Few values, so that ties of values, scores and lags are the rule. */
const coarse: Shape = (n) => fc.array(fc.integer({ min: 0, max: 2 }), { minLength: n, maxLength: n });

/** Multiples of no power of two, so that every operation rounds; none so small that squares vanish. */
const real = fc.integer({ min: -1e9, max: 1e9 }).map((x) => x / 7e4);

const constant: Shape = (n) => real.map((x) => new Array<number>(n).fill(x));

const nearConstant: Shape = (n) =>
  fc
    .tuple(fc.integer({ min: 1, max: 400 }), fc.array(fc.nat(Math.max(0, n - 1)), { maxLength: 4 }))
    .map(([level, dips]) => Array.from({ length: n }, (_, i) => (dips.includes(i) ? level - 1 : level)));

const periodic: Shape = (n) =>
  fc
    .tuple(
      fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 4, maxLength: 30 }),
      noise(n),
      fc.constantFrom(0, 0.02, 0.2),
    )
    .map(([pattern, jitter, weight]) => jitter.map((x, i) => pattern[i % pattern.length]! + Math.trunc(x * weight)));

const spiky: Shape = (n) =>
  fc
    .tuple(
      coarse(n),
      fc.array(fc.tuple(fc.nat(Math.max(0, n - 1)), fc.integer({ min: 50, max: 5000 })), { maxLength: 5 }),
    )
    .map(([flat, spikes]) => flat.map((x, i) => x + (spikes.find(([at]) => at === i)?.[1] ?? 0)));

const walk: Shape = (n) =>
  fc.array(fc.integer({ min: -9, max: 9 }), { minLength: n, maxLength: n }).map((steps) => {
    let at = 1000;
    return steps.map((step) => (at += step));
  });

const reals: Shape = (n) => fc.array(real, { minLength: n, maxLength: n });

const shapes = [noise, coarse, constant, nearConstant, periodic, spiky, walk, reals];

/** Whole numbers only, of a given length: what counts are. */
export const countsOf = (n: number): fc.Arbitrary<readonly number[]> =>
  fc
    .oneof(...[noise, coarse, nearConstant, periodic, spiky, walk].map((shape) => shape(n)))
    .map(Object.freeze) as fc.Arbitrary<readonly number[]>;

/** A series of any shape with a length from the given bounds, both included. */
export const series = (minLength = 0, maxLength = 80): fc.Arbitrary<readonly number[]> =>
  fc
    .oneof(
      fc.integer({ min: minLength, max: Math.min(maxLength, Math.max(minLength, 18)) }),
      fc.integer({ min: minLength, max: maxLength }),
    )
    .chain((n) => fc.oneof(...shapes.map((shape) => shape(n))))
    .map((x) => Object.freeze(x));
