import { expect, it } from 'vitest';
import { mean } from '../../../../src/core/kql/mean.ts';
import { series_stats } from '../../../../src/core/kql/series_stats.ts';

it('series_stats([2, 4, 9]) is the example of its comment', () => {
  expect(series_stats([2, 4, 9])).toEqual({
    min: 2,
    min_idx: 0,
    max: 9,
    max_idx: 2,
    avg: 5,
    stdev: Math.sqrt(13),
    variance: 13,
    sum: 15,
    len: 3,
  });
});

it('series_stats([]) is null', () => {
  expect(series_stats([])).toBeNull();
});

it('series_stats([7]) has no stdev and no variance', () => {
  expect(series_stats([7])).toEqual({
    min: 7,
    min_idx: 0,
    max: 7,
    max_idx: 0,
    avg: 7,
    stdev: null,
    variance: null,
    sum: 7,
    len: 1,
  });
});

it('series_stats(series) gives the first position where minimum and maximum repeat', () => {
  expect(series_stats([5, 9, 1, 9, 1])).toMatchObject({ min_idx: 2, max_idx: 1 });
});

it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]])(
  'series_stats(series) with %s in it is null, as ignore_nonfinite is false',
  (x) => {
    expect(series_stats([1, x, 3])).toBeNull();
    expect(series_stats([x])).toBeNull();
  },
);

it('series_stats(series) keeps the order of the variance formula: multiply, subtract, divide once', () => {
  // The textbook Σ(x − avg)² / (n − 1) gives 812.4571428571428, the quotient of quotients 812.4571428571431.
  const x = [23, 46, 23, 87, 4, 8, 3, 75, 2, 56, 13, 75, 32, 16, 29];
  const average = mean(x);
  const textbook = mean(x.map((v) => (v - average) ** 2)) * (x.length / (x.length - 1));
  expect(series_stats(x)?.variance).toBe(812.4571428571429);
  expect(textbook).not.toBe(812.4571428571429);
});

it('series_stats(series) has variance 0, not less, where all of it is rounding', () => {
  const nearly = [189_812_507.3, 189_812_507.3, 189_812_507.3];
  const sum = nearly[0]! + nearly[1]! + nearly[2]!;
  const squares = nearly[0]! ** 2 + nearly[1]! ** 2 + nearly[2]! ** 2;
  expect(3 * squares - sum * sum).toBeLessThan(0);
  expect(series_stats(nearly)).toMatchObject({ variance: 0, stdev: 0 });
});

it('mean(series) adds from first to last and divides once', () => {
  expect(mean([1e16, 1, -1e16])).toBe(0);
  expect(mean([1, -1e16, 1e16])).toBe(0);
  expect(mean([1e16, -1e16, 1])).toBe(1 / 3);
  expect(mean([])).toBeNaN();
});
