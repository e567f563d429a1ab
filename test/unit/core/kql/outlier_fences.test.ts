import fc from 'fast-check';
import { expect, it } from 'vitest';
import { outlierFences } from '../../../../src/core/kql/outlier_fences.ts';
import { series_outliers } from '../../../../src/core/kql/series_outliers.ts';
import { tries } from '../../../support/effort.ts';

it('outlierFences([0 … 10], 1.5) lies 4.33 beyond the percentiles', () => {
  const { lower, upper } = outlierFences([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 1.5) ?? { lower: 0, upper: 0 };
  expect(lower).toBeCloseTo(1 - (8 * 1.5) / 2.772605605507915, 12);
  expect(upper).toBeCloseTo(9 + (8 * 1.5) / 2.772605605507915, 12);
  expect(outlierFences([], 1.5)).toBeNull();
});

it('outlierFences(series) separates what series_outliers scores beyond the threshold from the rest', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 1, maxLength: 80 }),
      fc.constantFrom(0.5, 1.5, 3),
      (series, threshold) => {
        const fences = outlierFences(series, threshold);
        const scores = series_outliers(series);
        for (const [index, value] of series.entries()) {
          const score = scores[index] ?? 0;
          // At the border itself the two round differently.
          if (Math.abs(Math.abs(score) - threshold) < 1e-9) continue;
          expect(value > (fences?.upper ?? 0)).toBe(score > threshold);
          expect(value < (fences?.lower ?? 0)).toBe(score < -threshold);
        }
      },
    ),
    { numRuns: tries(60, 2000) },
  );
});
