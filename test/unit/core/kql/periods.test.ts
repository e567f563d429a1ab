import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { best_period } from '../../../../src/core/kql/best_period.ts';
import { period_candidates } from '../../../../src/core/kql/period_candidates.ts';
import { periodogram } from '../../../../src/core/kql/periodogram.ts';
import { series_decompose } from '../../../../src/core/kql/series_decompose.ts';
import { series_periods_detect } from '../../../../src/core/kql/series_periods_detect.ts';
import { series_seasonal } from '../../../../src/core/kql/series_seasonal.ts';
import { series } from './series.ts';

const RUNS = { seed: 20_261_122, numRuns: 500 };
const repeat = (pattern: readonly number[], n: number) =>
  Array.from({ length: n }, (_, i) => pattern[i % pattern.length]!);

/** Two periods: 14 scores higher than 21. */
const DIPS = Array.from({ length: 57 }, (_, i) => ([5, 19, 40].includes(i) ? 16 : 17));

describe('period_candidates(series)', () => {
  it('needs 8 elements, the least that hold a period of 4 twice', () => {
    expect(period_candidates(repeat([0, 1, 2, 1], 7))).toEqual([]);
    expect(period_candidates(repeat([0, 1, 2, 1], 8))).toEqual([{ period: 4, score: 1 }]);
  });

  it('takes half the series, and no more', () => {
    expect(best_period(repeat([0, 1, 4, 6, 4, 1], 12), 0.9)).toBe(6);
    expect(best_period(repeat([0, 1, 4, 6, 4, 1], 11), 0)).not.toBe(6);
  });

  it('has none for a constant series, whether its mean is exact or not', () => {
    expect(period_candidates(repeat([60], 72))).toEqual([]);
    const x = repeat([0.1], 72);
    expect(x.reduce((sum, v) => sum + v, 0) / 72).not.toBe(0.1);
    expect(period_candidates(x)).toEqual([]);
  });

  it('does not take a period that is merely a multiple of a stronger one', () => {
    expect(period_candidates([1, 3, 5, 2, 4, 6, 1, 3, 5, 2, 4, 6])).toEqual([]);
  });

  it('takes the line with the longer period where neighbouring lines tie exactly', () => {
    // Found by trying random series: lines 2 and 3 have equal power, then lines 4 and 5 of the other.
    expect(period_candidates([2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2])).toEqual([{ period: 4, score: 0.2222222222222222 }]);
    expect(period_candidates([1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0])).toEqual([
      { period: 10, score: 0.3000000000000002 },
    ]);
  });

  it('is ordered by score, and scores lie from 0 to 1', () => {
    fc.assert(
      fc.property(series(8), (x) => {
        const found = period_candidates(x);
        for (const [i, { period, score }] of found.entries()) {
          expect(Number.isInteger(period) && period >= 4 && period <= x.length / 2).toBe(true);
          expect(score >= 0 && score <= 1).toBe(true);
          if (i > 0) expect(score <= found[i - 1]!.score).toBe(true);
        }
        expect(new Set(found.map(({ period }) => period)).size).toBe(found.length);
      }),
      RUNS,
    );
  });

  it('has no unit: doubling the series changes no bit', () => {
    fc.assert(
      fc.property(series(), (x) => {
        expect(period_candidates(x.map((v) => v * 2))).toStrictEqual(period_candidates(x));
      }),
      RUNS,
    );
  });
});

describe('series_periods_detect(series, min_period, max_period, num_periods)', () => {
  it('gives as many as asked for, the missing ones as 0 with score 0', () => {
    const all = period_candidates(DIPS);
    expect(all.slice(0, 2).map(({ period }) => period)).toEqual([14, 21]);
    expect(series_periods_detect(DIPS, 0, 100, 1)).toEqual({ periods: [14], scores: [all[0]!.score] });
    expect(series_periods_detect(DIPS, 14, 21, 3)).toEqual({
      periods: [14, 21, 0],
      scores: [all[0]!.score, all[1]!.score, 0],
    });
    expect(series_periods_detect([], 0, 100, 2)).toEqual({ periods: [0, 0], scores: [0, 0] });
    expect(series_periods_detect(DIPS, 0, 100, 0)).toEqual({ periods: [], scores: [] });
  });

  it('includes both bounds', () => {
    expect(series_periods_detect(DIPS, 14, 14, 1).periods).toEqual([14]);
    expect(series_periods_detect(DIPS, 14.5, 21, 1).periods).toEqual([21]);
    expect(series_periods_detect(DIPS, 14.5, 20.5, 1).periods).toEqual([0]);
  });
});

describe('the score that a season needs', () => {
  // Found by trying random series until one hit the edge.
  const exactly06 = [57, 55, 58, 54, 55, 50, 54, 55, 58, 59, 51, 52];
  const below06 = [52, 56, 52, 51, 52, 58, 59, 52, 50, 58, 51, 52];
  const above07 = [50, 55, 56, 51, 51, 54, 55, 52, 55, 54, 56, 52];
  const below07 = [63, 54, 59, 56, 54, 63, 68, 52, 57, 52, 52, 62, 67];

  it('series_decompose: 0.6, the score itself included', () => {
    expect(series_periods_detect(exactly06, 4, 6, 1)).toEqual({ periods: [6], scores: [0.6] });
    expect(series_periods_detect(below06, 4, 6, 1)).toEqual({ periods: [4], scores: [0.5999999999999998] });
    expect(series_decompose(exactly06).period).toBe(6);
    expect(series_decompose(below06).period).toBe(0);
  });

  it('series_seasonal: 0.7', () => {
    expect(series_periods_detect(above07, 4, 6, 1)).toEqual({ periods: [4], scores: [0.7000000000000002] });
    expect(series_periods_detect(below07, 4, 6, 1)).toEqual({ periods: [6], scores: [0.6999999999999998] });
    expect(series_seasonal(above07)).toEqual(series_seasonal(above07, 4));
    expect(series_seasonal(above07)).not.toEqual(above07.map(() => 0));
    expect(series_seasonal(below07)).toEqual(below07.map(() => 0));
    expect(series_decompose(below07).period).toBe(6);
  });
});

describe('series_seasonal(series, period)', () => {
  it('period 0: no season', () => {
    expect(series_seasonal([1, 2, 3], 0)).toEqual([0, 0, 0]);
  });

  it('a period as long as the series or longer: the series', () => {
    expect(series_seasonal([1, 2, 3], 3)).toEqual([1, 2, 3]);
    expect(series_seasonal([1, 2, 3], 1000)).toEqual([1, 2, 3]);
  });

  it('period 1: the median throughout', () => {
    expect(series_seasonal([9, 1, 4], 1)).toEqual([4, 4, 4]);
  });

  it('the last, unfinished period counts', () => {
    expect(series_seasonal([1, 5, 3, 5, 9], 2)).toEqual([3, 5, 3, 5, 3]);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('throws a RangeError for %s', (period) => {
    expect(() => series_seasonal([1, 2, 3], period)).toThrow(RangeError);
    expect(() => series_seasonal([1, 2, 3], period)).toThrow(`or 0 for none: ${period}`);
  });
});

it('periodogram(z, n) answers the same whether its tables are new, kept, or of a longer series before', () => {
  const lengths = [40, 128, 129, 300, 40, 300, 128, 129, 41];
  const answers = new Map<number, number[]>();
  for (const n of lengths) {
    const z = Float64Array.from({ length: n }, (_, i) => ((i * 7919) % 101) - 50);
    const lines = [...periodogram(z, n).slice(1, Math.floor(n / 2) + 1)];
    expect(lines).toEqual(answers.get(n) ?? lines);
    answers.set(n, lines);
  }
});
