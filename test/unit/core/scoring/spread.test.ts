import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalOf } from '../../../../src/core/detections/interval.ts';
import { inliersOf, spreadOf } from '../../../../src/core/scoring/spread.ts';
import { frozen } from '../records/records.ts';

const none = (length: number): number[] => new Array<number>(length).fill(0);

describe('spreadOf(counts, flags)', () => {
  it('is 0 for clockwork, and the spread over the mean of the inliers else', () => {
    expect(spreadOf(frozen([60, 60, 60]), frozen([0, 0, 0]))).toBe(0);
    expect(spreadOf([60, 60, 900, 60, 0], [0, 0, 1, 0, -1])).toBe(0);
    // Of 50 and 70: the sample deviation is sqrt(200), the mean 60.
    expect(spreadOf([50, 70], [0, 0])).toBeCloseTo(Math.sqrt(200) / 60, 12);
  });

  it.each([
    ['nothing', [], []],
    ['one inlier', [60, 900], [0, 1]],
    ['outliers alone', [1, 900], [-1, 1]],
    ['inliers that count nothing', [0, 0, 900], [0, 0, 1]],
  ])('of %s is 1: no spread shown', (_what, counts, flags) => {
    expect(spreadOf(counts, flags)).toBe(1);
  });

  it('does not depend on the unit of the counts, and is never below 0', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 2, maxLength: 72 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 2, max: 50 }), (list, factor) => {
        const spread = spreadOf(list, none(list.length));
        const scaled = list.map((count) => count * factor);
        expect(spread).toBeGreaterThanOrEqual(0);
        expect(spreadOf(scaled, none(list.length))).toBeCloseTo(spread, 6);
      }),
    );
  });
});

describe('inliersOf(counts, flags)', () => {
  it('omits flagged points, above and below', () => {
    expect(inliersOf([1, 2, 3, 4], [0, 1, -1, 0])).toEqual([1, 4]);
  });
});

describe('intervalOf(counts, flags)', () => {
  it('is an hour over the mean of the inliers, spread as they are', () => {
    expect(intervalOf([60, 60, 900], [0, 0, 1])).toEqual({ seconds: 60, deviation: 0 });
    const { seconds, deviation } = intervalOf([59, 61, 59, 61], none(4)) ?? { seconds: 0, deviation: 0 };
    expect(seconds).toBe(60);
    expect(deviation).toBeCloseTo(60 * (Math.sqrt(4 / 3) / 60), 12);
    expect(intervalOf([12, 12], none(2))).toEqual({ seconds: 300, deviation: 0 });
  });

  it('is null where the inliers count no connection', () => {
    expect(intervalOf([], [])).toBeNull();
    expect(intervalOf([0, 0], none(2))).toBeNull();
    expect(intervalOf([900], [1])).toBeNull();
  });

  it('spreads as the intervals of the hours themselves do, where they differ little', () => {
    const counts = [58, 59, 60, 61, 62];
    const intervals = counts.map((count) => 3600 / count);
    const mean = intervals.reduce((sum, each) => sum + each) / intervals.length;
    const variance = intervals.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (intervals.length - 1);
    expect(intervalOf(counts, none(5))?.deviation).toBeCloseTo(Math.sqrt(variance), 2);
  });
});
