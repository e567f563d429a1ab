import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { viewsOf } from '../../../../src/core/regularity/assessment.ts';
import { highestValueFor, leastPointsFor, unmeasuredViews } from '../../../../src/core/regularity/explained_view.ts';
import { pointsOf } from '../../../../src/core/regularity/points.ts';
import { roundHalfEven } from '../../../../src/core/regularity/round_half_even.ts';
import { viewScore } from '../../../../src/core/regularity/view.ts';
import { tries } from '../../../support/effort.ts';

const scoreOf = (value: number, n: number, k: number) => roundHalfEven(viewScore({ name: 'spread', value, n, k }), 3);

describe('highestValueFor(n, k, score), leastPointsFor(k, score)', () => {
  it('is the border of the rounded score, and null where a perfect clock has too few points', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 864, noNaN: true }),
        fc.constantFrom(3, 5),
        fc.constantFrom(0.6, 0.7),
        (n, k, score) => {
          const highest = highestValueFor(n, k, score);
          expect(highest === null).toBe(n < leastPointsFor(k, score));
          if (highest === null) expect(scoreOf(0, n - 1e-6, k)).toBeLessThan(score);
          else {
            expect(scoreOf(Math.max(0, highest - 1e-6), n, k)).toBeGreaterThanOrEqual(score);
            expect(scoreOf(highest + 1e-6, n, k)).toBeLessThan(score);
          }
        },
      ),
      { numRuns: tries(100, 5000) },
    );
  });

  it('has the example of its comment', () => {
    expect(highestValueFor(72, 5, 0.6)).toBeCloseTo(0.3589, 4);
    expect(leastPointsFor(5, 0.6)).toBeCloseTo(7.484, 3);
  });
});

describe('unmeasuredViews(points)', () => {
  it('has a reason for exactly the views that are not measured', () => {
    const counts = fc.array(fc.record({ hour: fc.nat(71), count: fc.integer({ min: 1, max: 9 }) }), { minLength: 1 });
    fc.assert(
      fc.property(counts, (all) => {
        const points = pointsOf(
          all.map(({ hour, count }) => ({ second: hour * 3600 + 600, count })),
          null,
        );
        const measured = viewsOf(points).map(({ name }) => name);
        expect([...measured, ...unmeasuredViews(points).keys()].sort()).toEqual(['gaps', 'spread', 'steps']);
      }),
      { numRuns: tries(100, 5000) },
    );
  });
});
