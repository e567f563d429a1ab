import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mean } from '../../../../src/core/kql/mean.ts';
import { series_decompose } from '../../../../src/core/kql/series_decompose.ts';
import { series_decompose_anomalies } from '../../../../src/core/kql/series_decompose_anomalies.ts';
import { countsOf, series } from './series.ts';

const RUNS = { seed: 20_261_124, numRuns: 500 };
const trends = fc.constantFrom('avg' as const, 'linefit' as const, 'none' as const);

describe('series_decompose(series, seasonality, trend)', () => {
  it('takes the season first, then the trend from the rest', () => {
    // Phases (1, 5), (2, 2), (3, 8): medians 3, 2, 5.5; the rest −2, 0, −2.5, 2, 0, 2.5 has mean 0.
    expect(series_decompose([1, 2, 3, 5, 2, 8], 3)).toEqual({
      baseline: [3, 2, 5.5, 3, 2, 5.5],
      seasonal: [3, 2, 5.5, 3, 2, 5.5],
      trend: [0, 0, 0, 0, 0, 0],
      residual: [-2, 0, -2.5, 2, 0, 2.5],
      period: 3,
    });
  });

  it('none and none: baseline 0, residual the series', () => {
    expect(series_decompose([4, 7], 0, 'none')).toEqual({
      baseline: [0, 0],
      seasonal: [0, 0],
      trend: [0, 0],
      residual: [4, 7],
      period: 0,
    });
  });

  it('the empty series gives empty ones', () => {
    for (const trend of ['avg', 'linefit', 'none'] as const) {
      expect(series_decompose([], -1, trend)).toEqual({
        baseline: [],
        seasonal: [],
        trend: [],
        residual: [],
        period: 0,
      });
    }
  });

  it.each([-2, 2.5, Number.NaN])('throws a RangeError for seasonality %s', (seasonality) => {
    expect(() => series_decompose([1, 2, 3], seasonality)).toThrow(RangeError);
  });

  it('avg: without a season the trend is the mean of the series', () => {
    fc.assert(
      fc.property(series(1), (x) => {
        expect(series_decompose(x, 0).trend).toStrictEqual(x.map(() => mean(x)));
      }),
      RUNS,
    );
  });
});

describe('series_decompose_anomalies(series, threshold, seasonality, trend, AD_method)', () => {
  it('flags what its scores say, strictly beyond the threshold', () => {
    fc.assert(
      fc.property(series(), fc.constantFrom(0, 1.5, 3), trends, (x, threshold, trend) => {
        const { ad_flag, ad_score } = series_decompose_anomalies(x, threshold, -1, trend);
        for (const [i, score] of ad_score.entries()) {
          expect(ad_flag[i]).toBe(Math.abs(score) > threshold ? Math.sign(score) : 0);
        }
      }),
      RUNS,
    );
  });

  it('does not flag a score equal to the threshold', () => {
    // Quartiles 20 and 40 about the mean: scores −2.5 and 2.5.
    const x = [-30, 20, 30, 40, 90];
    expect(series_decompose_anomalies(x, 2.5, 0, 'none', 'tukey').ad_flag).toEqual([0, 0, 0, 0, 0]);
    expect(series_decompose_anomalies(x, 2.4, 0, 'none', 'tukey').ad_flag).toEqual([-1, 0, 0, 0, 1]);
  });

  it('the default threshold is 1.5', () => {
    // Scores of ctukey: (v − 9) / 8 · 2.7726 for the last of 0 … 9, v.
    const scoreOf = (v: number) => series_decompose_anomalies([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, v], undefined, 0);
    expect(scoreOf(13.32).ad_score.at(-1)).toBeLessThan(1.5);
    expect(scoreOf(13.32).ad_flag.at(-1)).toBe(0);
    expect(scoreOf(13.34).ad_score.at(-1)).toBeGreaterThan(1.5);
    expect(scoreOf(13.34).ad_flag.at(-1)).toBe(1);
  });

  it('a constant series has only zero scores, whatever the trend', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 80 }), fc.constantFrom('avg', 'none'), (x, n, trend) => {
        const constant = new Array<number>(n).fill(x / 7);
        const { ad_flag, ad_score, period } = series_decompose_anomalies(constant, 1.5, -1, trend);
        expect(ad_score).toStrictEqual(constant.map(() => 0));
        expect(ad_flag).toStrictEqual(constant.map(() => 0));
        expect(period).toBe(0);
      }),
      RUNS,
    );
  });

  it('one value beyond an otherwise constant series is flagged by its side', () => {
    const flat = new Array<number>(13).fill(60);
    expect(series_decompose_anomalies([...flat, 59]).ad_flag).toEqual([...flat.map(() => 0), -1]);
    expect(series_decompose_anomalies([...flat, 61]).ad_flag).toEqual([...flat.map(() => 0), 1]);
  });

  it('has no unit: doubling the series doubles the baseline and changes nothing else, to the bit', () => {
    fc.assert(
      fc.property(series(), trends, (x, trend) => {
        const once = series_decompose_anomalies(x, 1.5, -1, trend);
        const twice = series_decompose_anomalies(
          x.map((v) => v * 2),
          1.5,
          -1,
          trend,
        );
        expect(twice).toStrictEqual({ ...once, baseline: once.baseline.map((v) => v * 2) });
      }),
      RUNS,
    );
  });

  it('has no origin: where means are exact (counts, 2ᵏ of them), a shift changes no flag, score or period', () => {
    fc.assert(
      fc.property(fc.constantFrom(16, 32, 64).chain(countsOf), fc.integer({ min: -500, max: 500 }), (x, shift) => {
        const { baseline, ...rest } = series_decompose_anomalies(x);
        const shifted = series_decompose_anomalies(x.map((v) => v + shift));
        expect(shifted).toStrictEqual({ ...rest, baseline: baseline.map((v) => v + shift) });
      }),
      RUNS,
    );
  });
});
