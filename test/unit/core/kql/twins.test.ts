import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { autocorrelation } from '../../../../src/core/kql/autocorrelation.ts';
import { best_period } from '../../../../src/core/kql/best_period.ts';
import { median } from '../../../../src/core/kql/median.ts';
import { percentile } from '../../../../src/core/kql/percentile.ts';
import { period_candidates } from '../../../../src/core/kql/period_candidates.ts';
import { periodogram } from '../../../../src/core/kql/periodogram.ts';
import { select } from '../../../../src/core/kql/select.ts';
import { series_decompose } from '../../../../src/core/kql/series_decompose.ts';
import { series_decompose_anomalies } from '../../../../src/core/kql/series_decompose_anomalies.ts';
import { series_fit_line } from '../../../../src/core/kql/series_fit_line.ts';
import { series_outliers } from '../../../../src/core/kql/series_outliers.ts';
import { series_seasonal } from '../../../../src/core/kql/series_seasonal.ts';
import { series_stats } from '../../../../src/core/kql/series_stats.ts';
import { tries } from '../../../support/effort.ts';
import { series } from './series.ts';
import * as slow from './slow.ts';

const RUNS = { seed: 20_261_120, numRuns: tries(200, 1_000) };
const kinds = fc.constantFrom('ctukey' as const, 'tukey' as const);
const trends = fc.constantFrom('avg' as const, 'linefit' as const, 'none' as const);
const seasonalities = fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 90 }));

/** toStrictEqual distinguishes −0 from 0 and NaN from undefined, so equal means equal to the bit. */
function same(actual: unknown, expected: unknown): void {
  expect(actual).toStrictEqual(expected);
}

describe('equal to the slow twin, bit for bit', () => {
  it('series_stats(series)', () => {
    fc.assert(
      fc.property(series(), (x) => {
        const { variance = null, ...twin } = slow.stats(x) ?? {};
        const answer = series_stats(x);
        if (x.length === 0) same(answer, null);
        // Of reals all but equal, the difference may round below zero: there, and only there, the two part.
        else
          same(answer, variance !== null && variance < 0 ? { ...twin, variance: 0, stdev: 0 } : { ...twin, variance });
      }),
      RUNS,
    );
  });

  it('select(values, n, k) puts the rank in its place, the lower before and the higher after', () => {
    const inputs = series(1).chain((x) => fc.tuple(fc.constant(x), fc.nat(x.length - 1)));
    fc.assert(
      fc.property(inputs, ([x, k]) => {
        // An element more than n, which must be left alone.
        const values = Float64Array.from([...x, -1e9]);
        const found = select(values, x.length, k);
        expect(found).toBe(x.toSorted((a, b) => a - b)[k]);
        expect(values[k]).toBe(found);
        expect(values.subarray(0, k).every((v) => v <= found)).toBe(true);
        expect(values.subarray(k, x.length).every((v) => v >= found)).toBe(true);
        expect(values[x.length]).toBe(-1e9);
      }),
      RUNS,
    );
  });

  it('percentile(values, n, q) and median(values, n), whatever lies after the first n', () => {
    fc.assert(
      fc.property(series(1), fc.constantFrom(0, 0.1, 0.25, 0.5, 0.75, 0.9, 1), (x, q) => {
        same(percentile(Float64Array.from(x), x.length, q), slow.percentile(x, q));
        same(percentile(Float64Array.from([...x, -1e9]), x.length, q), slow.percentile(x, q));
        same(median(Float64Array.from([...x, 1e9]), x.length), slow.median(x));
      }),
      RUNS,
    );
  });

  it('series_outliers(series, kind)', () => {
    fc.assert(
      fc.property(series(), kinds, (x, kind) => same(series_outliers(x, kind), slow.outliers(x, kind))),
      RUNS,
    );
  });

  it('autocorrelation(z, n), and its least value of all lags', () => {
    fc.assert(
      fc.property(series(8, 90), (x) => {
        // Off their mean, flat series with spikes have many lags that differ in the last digits only.
        for (const z of [x, slow.centre(x), slow.centre(x).map((v) => v * 1e6)]) {
          const twin = slow.autocorrelation(z);
          const { c, least } = autocorrelation(Float64Array.from(z), z.length);
          const half = Math.floor(z.length / 2);
          same([...c.subarray(0, half + 1)], twin.slice(0, half + 1));
          same(least, Math.min(...twin));
        }
      }),
      RUNS,
    );
  });

  it('periodogram(z, n), of lengths whose tables are kept and of longer ones', () => {
    fc.assert(
      fc.property(fc.oneof(series(8, 40), series(126, 131), series(190, 200)), (x) => {
        const half = Math.floor(x.length / 2);
        const lines = periodogram(Float64Array.from(x), x.length).slice(1, half + 1);
        same([...lines], slow.periodogram(x).slice(1));
      }),
      { ...RUNS, numRuns: tries(40, 150) },
    );
  });

  it('period_candidates(series)', () => {
    fc.assert(
      fc.property(series(), (x) => same(period_candidates(x), slow.candidates(x))),
      { ...RUNS, numRuns: tries(400, 2_000) },
    );
  });

  it('best_period(series, threshold)', () => {
    fc.assert(
      fc.property(series(8), fc.constantFrom(0.2, 0.5, 0.6, 0.7, 1), (x, threshold) =>
        same(best_period(x, threshold), slow.bestPeriod(x, threshold)),
      ),
      RUNS,
    );
  });

  it('series_seasonal(series), and with a period given', () => {
    fc.assert(
      fc.property(series(), fc.integer({ min: 0, max: 90 }), (x, period) => {
        same(series_seasonal(x), slow.seasonal(x, slow.bestPeriod(x, 0.7)));
        same(series_seasonal(x, period), slow.seasonal(x, period));
      }),
      RUNS,
    );
  });

  it('series_fit_line(series)', () => {
    fc.assert(
      fc.property(series(1), (x) => same(series_fit_line(x).line_fit, slow.line(x))),
      RUNS,
    );
  });

  it('series_decompose(series, seasonality, trend)', () => {
    fc.assert(
      fc.property(series(), seasonalities, trends, (x, seasonality, trend) =>
        same(series_decompose(x, seasonality, trend), slow.decompose(x, seasonality, trend)),
      ),
      { ...RUNS, numRuns: tries(400, 2_000) },
    );
  });

  it('series_decompose_anomalies(series, threshold, seasonality, trend, kind)', () => {
    fc.assert(
      fc.property(series(), fc.constantFrom(0, 1.5, 3), seasonalities, trends, kinds, (x, ...args) =>
        same(series_decompose_anomalies(x, ...args), slow.anomalies(x, ...args)),
      ),
      { ...RUNS, numRuns: tries(400, 2_000) },
    );
  });
});

describe('the defaults are those of the rule', () => {
  it('series_outliers(series) is ctukey', () => {
    fc.assert(
      fc.property(series(), (x) => same(series_outliers(x), slow.outliers(x, 'ctukey'))),
      RUNS,
    );
  });

  it('series_decompose(series) detects the season and takes the average', () => {
    fc.assert(
      fc.property(series(), (x) => same(series_decompose(x), slow.decompose(x, -1, 'avg'))),
      RUNS,
    );
  });

  it('series_decompose_anomalies(series) has threshold 1.5, detects the season, takes the average and ctukey', () => {
    fc.assert(
      fc.property(series(), (x) => same(series_decompose_anomalies(x), slow.anomalies(x, 1.5, -1, 'avg', 'ctukey'))),
      RUNS,
    );
  });
});
