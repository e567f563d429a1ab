import fc from 'fast-check';
import { expect, it } from 'vitest';
import { series_fit_line } from '../../../../src/core/kql/series_fit_line.ts';

it('series_fit_line(series) is the documented example', () => {
  // MicrosoftDocs/dataexplorer-docs, series-fit-line-function.md, where the numbers are cut after three or four.
  const { slope, interception, line_fit } = series_fit_line([2, 5, 6, 8, 11, 15, 17, 18, 25, 26, 30, 30]);
  expect(Math.abs(slope - 2.73)).toBeLessThan(0.001);
  expect(Math.abs(interception - -1.666)).toBeLessThan(0.001);
  const printed = [1.064, 3.7945, 6.526, 9.256, 11.987, 14.718, 17.449, 20.18, 22.91, 25.641, 28.371, 31.102];
  expect(line_fit).toHaveLength(printed.length);
  for (const [i, value] of printed.entries()) expect(Math.abs(line_fit[i]! - value)).toBeLessThan(0.001);
});

it('series_fit_line(series) of one element is flat, of none empty', () => {
  expect(series_fit_line([7])).toEqual({ slope: 0, interception: 7, line_fit: [7] });
  expect(series_fit_line([]).line_fit).toEqual([]);
});

it('series_fit_line(series) of a whole-numbered line with an odd number of elements is that line exactly', () => {
  const whole = fc.integer({ min: -1000, max: 1000 });
  fc.assert(
    fc.property(whole, whole, fc.integer({ min: 1, max: 30 }), (slope, start, half) => {
      const x = Array.from({ length: 2 * half + 1 }, (_, i) => start + slope * (i + 1));
      expect(series_fit_line(x)).toEqual({ slope, interception: start, line_fit: x });
    }),
    { seed: 20_261_123 },
  );
});
