import { describe, expect, it } from 'vitest';
import { isNewSince, observedSince } from '../../../../src/core/regularity/observed.ts';

describe('observedSince(hours)', () => {
  it.each([
    [[], null],
    [[0, 500, 501, 502, 503], 500],
    [[503, 501, 500, 502], 500],
    [[500, 500, 501, 502], null],
    // The fourth hour of the day after does not count.
    [[500, 501, 502, 524], null],
    [[500, 501, 502, 523], 500],
  ] as const)('%j is %s', (hours, since) => {
    expect(observedSince(hours)).toBe(since);
  });
});

describe('isNewSince(firstSeen, observed, now)', () => {
  const now = 10_000;
  const week = 7 * 24;
  it.each([
    ['a week ago', now - week, 0, false],
    ['an hour less than a week ago', now - week + 1, 0, true],
    ['a day after the fleet', now - 1, now - 25, true],
    ['an hour less than a day after the fleet', now - 1, now - 24, false],
    ['at an unknown time', null, 0, false],
    ['in a fleet that was not observed', now - 1, null, false],
  ] as const)('first seen %s', (_when, firstSeen, observed, isNew) => {
    expect(isNewSince(firstSeen, observed, now)).toBe(isNew);
  });

  it('is new for as many days as asked', () => {
    expect(isNewSince(now - 47, 0, now, 2)).toBe(true);
    expect(isNewSince(now - 48, 0, now, 2)).toBe(false);
  });
});
