import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { growth, median, pairedRatio, quantile, summaryOf } from '../../../bench/harness/statistics.ts';

describe('median(values)', () => {
  it('is the middle value, of an even number the mean of the middle two', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
  });

  it('throws where there is none, and leaves the values as they were', () => {
    expect(() => median([])).toThrow(RangeError);
    const values = Object.freeze([3, 1, 2]);
    expect(median(values)).toBe(2);
  });
});

describe('quantile(values, q)', () => {
  it('is linear between the two ranks around it', () => {
    expect(quantile([10, 20, 30, 40], 0.25)).toBe(17.5);
    expect(quantile([10, 20, 30, 40], 0)).toBe(10);
    expect(quantile([10, 20, 30, 40], 1)).toBe(40);
  });

  it('summaryOf(values) has the quartiles around the median', () => {
    expect(summaryOf([1, 2, 3, 4, 5])).toEqual({ median: 3, low: 2, high: 4 });
  });
});

describe('pairedRatio(a, b)', () => {
  it('is the median of the ratios of each round, not the ratio of the medians', () => {
    // Rounds two and three are slow for both.
    expect(pairedRatio([1, 20, 30], [2, 40, 40])).toEqual({ median: 0.5, low: 0.5, high: 0.625 });
  });

  it('is the same whatever slows each round for both', () => {
    const rounds = fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.constantFrom(1, 2, 4, 8)), { minLength: 1 });
    fc.assert(
      fc.property(rounds, (pairs) => {
        const a = pairs.map(([value]) => value);
        const b = a.map((value) => value * 2);
        const slowed = (values: number[]) => values.map((value, index) => value * (pairs[index]?.[1] as number));
        expect(pairedRatio(slowed(a), slowed(b))).toEqual(pairedRatio(a, b));
      }),
    );
  });

  it('throws where the two have not the same number of rounds', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow(RangeError);
  });
});

describe('growth(points)', () => {
  it('is the power with which cost grows, whatever the unit', () => {
    for (const power of [0, 0.5, 1, 2]) {
      const points = [1, 4, 16].map((work) => ({ work, cost: 7 * work ** power }));
      expect(growth(points)).toBeCloseTo(power, 12);
    }
  });

  it('throws for one amount of work', () => {
    const points = [
      { work: 4, cost: 1 },
      { work: 4, cost: 2 },
    ];
    expect(() => growth(points)).toThrow(RangeError);
  });
});
