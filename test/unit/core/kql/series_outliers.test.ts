import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentile } from '../../../../src/core/kql/percentile.ts';
import { series_outliers } from '../../../../src/core/kql/series_outliers.ts';
import { series } from './series.ts';

const RUNS = { seed: 20_261_121, numRuns: 500 };

it('series_outliers([]) is []', () => {
  expect(series_outliers([])).toEqual([]);
});

it('series_outliers(series) of one to three elements stays below 1.5', () => {
  expect(series_outliers([4])).toEqual([0]);
  expect(series_outliers([0, 1])).toEqual([
    ((0 - 0.1) / (0.9 - 0.1)) * 2.772605605507915,
    ((1 - 0.9) / (0.9 - 0.1)) * 2.772605605507915,
  ]);
  fc.assert(
    fc.property(series(1, 3), (x) => {
      for (const score of series_outliers(x)) expect(Math.abs(score)).toBeLessThan(1.5);
    }),
    RUNS,
  );
});

it("series_outliers(series, 'tukey') counts inter-quartile ranges beyond the 25th and 75th percentile", () => {
  // Quartiles 20 and 40, range 20; no factor.
  expect(series_outliers([-30, 20, 30, 40, 90], 'tukey')).toEqual([-2.5, 0, 0, 0, 2.5]);
});

describe('series_outliers(series) where both percentiles coincide', () => {
  it.each(['ctukey', 'tukey'] as const)('%s: infinite by the side of what lies beyond, 0 for all others', (kind) => {
    const flat = new Array<number>(12).fill(60);
    expect(series_outliers([59, ...flat, 61], kind)).toEqual([
      Number.NEGATIVE_INFINITY,
      ...flat.map(() => 0),
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('all-equal series: only zeros', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 40 }), (x, n) => {
        expect(series_outliers(new Array<number>(n).fill(x / 7))).toEqual(new Array<number>(n).fill(0));
      }),
      RUNS,
    );
  });
});

it('series_outliers(series) scores the value, not its place', () => {
  fc.assert(
    fc.property(series(1), (x) => {
      expect(series_outliers(x.toReversed())).toStrictEqual(series_outliers(x).reverse());
    }),
    RUNS,
  );
});

it('series_outliers(series) has no unit: doubling the series changes no bit', () => {
  fc.assert(
    fc.property(series(), (x) => {
      expect(series_outliers(x.map((v) => v * 2))).toStrictEqual(series_outliers(x));
    }),
    RUNS,
  );
});

it('percentile(values, n, q) interpolates upwards as s[i] + (rank − i)·(s[i+1] − s[i]), to the last digit', () => {
  // (1 − t)·a + t·b would be 0.7500000000000001, b − (1 − t)·(b − a) would be 0.27999999999999997.
  expect(percentile(Float64Array.of(0.8, 0.3), 2, 0.9)).toBe(0.75);
  expect(percentile(Float64Array.of(0.3, 0.1), 2, 0.9)).toBe(0.28);
});
