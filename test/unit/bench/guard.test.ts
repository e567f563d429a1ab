import { describe, expect, it } from 'vitest';
import { bestRatio, isSlower, ratioAgainst } from '../../../bench/harness/guard.ts';

/** A clock that the work itself moves on. */
function clock() {
  let at = 0;
  const work = (ms: () => number) => (): void => {
    at += ms();
  };
  return { now: () => at, work };
}

describe('bestRatio(ours, floor)', () => {
  it('compares the best of each, so that a turn that was disturbed does not count', async () => {
    const { now, work } = clock();
    let turn = 0;
    const ours = work(() => (++turn % 2 === 0 ? 500 : 30));
    const floor = work(() => (turn % 3 === 0 ? 900 : 20));
    expect(await bestRatio(ours, floor, now)).toBe(1.5);
  });

  it('does not count the turns that warm up', async () => {
    const { now, work } = clock();
    let turns = 0;
    // Faster at first than ever after.
    const ours = work(() => (turns++ < 3 ? 1 : 40));
    expect(
      await bestRatio(
        ours,
        work(() => 20),
        now,
      ),
    ).toBe(2);
  });
});

describe('ratioAgainst(normal, measure)', () => {
  const from = (ratios: readonly number[]) => {
    const left = [...ratios];
    return { left, measure: async () => left.shift() ?? Number.NaN };
  };

  it('measures once where it is as fast as before', async () => {
    const { left, measure } = from([2.4, 1]);
    expect(await ratioAgainst(2, measure)).toBe(2.4);
    expect(left).toEqual([1]);
  });

  it('measures again where it is slower, and gives the lowest of three', async () => {
    expect(await ratioAgainst(2, from([9, 2.4]).measure)).toBe(2.4);
    const slow = from([2.9, 2.6, 2.7, 1]);
    expect(await ratioAgainst(2, slow.measure)).toBe(2.6);
    expect(slow.left).toEqual([1]);
  });
});

describe('isSlower(ratio, normal)', () => {
  it('is so beyond one and a quarter times the normal, and where there is no number', () => {
    expect(isSlower(2.5, 2)).toBe(false);
    expect(isSlower(2.51, 2)).toBe(true);
    expect(isSlower(1, 2)).toBe(false);
    expect(isSlower(Number.NaN, 2)).toBe(true);
  });
});
