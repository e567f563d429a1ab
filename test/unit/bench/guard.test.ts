import { describe, expect, it } from 'vitest';
import { bestRatio, isSlower } from '../../../bench/harness/guard.ts';

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

describe('isSlower(ratio, normal)', () => {
  it('is so beyond one and a half times the normal, and where there is no number', () => {
    expect(isSlower(3, 2)).toBe(false);
    expect(isSlower(3.01, 2)).toBe(true);
    expect(isSlower(1, 2)).toBe(false);
    expect(isSlower(Number.NaN, 2)).toBe(true);
  });
});
