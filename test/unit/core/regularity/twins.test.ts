import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timestampFromMs } from '../../../../src/core/kql/timestamp.ts';
import { regularityOf, regularMatchOf } from '../../../../src/core/regularity/assessment.ts';
import { chiSquareBelow } from '../../../../src/core/regularity/chi_square.ts';
import { hourOffsetOf } from '../../../../src/core/regularity/hour_offset.ts';
import { pointsOf } from '../../../../src/core/regularity/points.ts';
import { rawTimedCountsOf } from '../../../../src/core/regularity/timed_count.ts';
import { tries } from '../../../support/effort.ts';
import { BASE_HOUR, groups } from './groups.ts';
import * as slow from './slow.ts';

const RUNS = { seed: 20_261_117, numRuns: tries(100, 5_000) };

/** Equal but for the rounding to `digits` decimals and of doubles. */
function rounded(actual: number, exact: number, digits: number, name: string): void {
  expect(Math.abs(actual - exact), `${name}: ${actual}, exactly ${exact}`).toBeLessThanOrEqual(
    0.5 * 10 ** -digits + 1e-9 * Math.max(1, Math.abs(exact)),
  );
}

function same(counts: Parameters<typeof regularityOf>[0], deviceOn: readonly number[], bin: number): void {
  const twin = slow.regularity(counts, deviceOn, bin);
  const answer = regularityOf(counts, new Set(deviceOn), bin);
  expect(answer.measured).toBe(twin !== null);
  if (!answer.measured || twin === null) return;

  expect(answer.measuredViews.map(({ name }) => name)).toEqual(Object.keys(twin.views));
  for (const { name, value, n } of answer.measuredViews) {
    const exact = twin.views[name]!;
    expect(Math.abs(value - exact.value), `${name} ${value}`).toBeLessThanOrEqual(1e-9 * Math.max(1, exact.value));
    expect(Math.abs(n - exact.n), `n of ${name}`).toBeLessThanOrEqual(1e-9 * exact.n);
    rounded(answer.views[name]!, exact.value, 3, name);
  }
  // Doubles can prefer another view only where both have the same score.
  expect(Math.abs(twin.views[answer.view]!.score - twin.score)).toBeLessThanOrEqual(1e-12);
  rounded(answer.regularity, twin.score, 3, 'regularity');
  if (answer.view === twin.best) {
    rounded(answer.interval, twin.interval, 0, 'interval');
    rounded(answer.interval_low, twin.interval * (1 - twin.jitter), 0, 'interval_low');
    rounded(answer.interval_high, twin.interval * (1 + twin.jitter), 0, 'interval_high');
  }
  expect(answer.hours).toBe(twin.on.length);
  expect(answer.active_hours).toBe(twin.on.filter((count) => count > 0).length);
  expect(answer.connections).toBe(counts.reduce((sum, { count }) => sum + count, 0));
  rounded(answer.coverage, (twin.on.length * bin) / (72 * 3600), 2, 'coverage');
  expect(answer.hour_offset_min).toBe(twin.offset);
  const p = slow.sessionP(twin.x);
  const isSession = p <= 3e-4 && twin.x.length <= 12;
  const way = answer.regularity >= 0.7 ? 'score' : isSession ? 'session' : answer.regularity >= 0.6 ? 'score' : null;
  expect(answer.way).toBe(way);
}

describe('equal to the slow twin', () => {
  it('regularityOf(a group with hourly reports)', () => {
    fc.assert(
      fc.property(groups, ({ counts, deviceOn }) => same(counts, deviceOn, 3600)),
      RUNS,
    );
  });

  it('regularityOf(a group of a raw source, in bins of 5 minutes)', () => {
    const minutes = fc.uniqueArray(fc.nat(400), { minLength: 5, maxLength: 60 });
    const on = fc.uniqueArray(fc.nat(80), { maxLength: 60 });
    fc.assert(
      fc.property(minutes, on, (events, bins) => {
        const rows = events.map((minute) => ({
          Timestamp: timestampFromMs((BASE_HOUR * 60 + minute) * 60_000 + 4_321),
          count: 1 + (minute % 3),
        }));
        same(
          rawTimedCountsOf(rows, 300),
          bins.map((bin) => BASE_HOUR * 12 + bin),
          300,
        );
      }),
      { ...RUNS, numRuns: tries(60, 2_000) },
    );
  });

  it('regularMatchOf(a group) loses no match of regularityOf, and finds no other', () => {
    const ways = new Set<string | null>();
    fc.assert(
      fc.property(groups, fc.boolean(), ({ counts, deviceOn }, isKnown) => {
        const on = isKnown ? new Set(deviceOn) : null;
        const whole = regularityOf(counts, on);
        const way = whole.measured ? whole.way : null;
        ways.add(way);
        expect(regularMatchOf(counts, on)).toEqual(way === null ? null : whole);
      }),
      RUNS,
    );
    expect(ways).toEqual(new Set([null, 'score', 'session']));
  });

  it('hourOffsetOf(times) around the full hour', () => {
    const times = fc.array(fc.tuple(fc.nat(20), fc.integer({ min: -700, max: 700 })), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(times, (parts) => {
        const seconds = parts.map(([hour, off]) => (BASE_HOUR + hour) * 3600 + off);
        expect(hourOffsetOf(seconds)).toBe(slow.offset(seconds));
      }),
      { ...RUNS, numRuns: tries(60, 2_000) },
    );
  });

  it('pointsOf(counts, deviceOn) has the same stretches', () => {
    fc.assert(
      fc.property(groups, ({ counts, deviceOn }) => {
        if (counts.length === 0) return;
        expect(pointsOf(counts, new Set(deviceOn)).stretches).toEqual(slow.stretches(counts, deviceOn, 3600));
      }),
      RUNS,
    );
  });

  it.each([1, 2, 3, 5, 10, 11, 40, 71])('chiSquareBelow(%i, value) keeps nine digits', (degrees) => {
    for (const value of [0.001, 0.1, 1, 3, degrees - 0.5, degrees + 1, degrees + 3, 3 * degrees, 150]) {
      const exact = slow.chiSquare(degrees, value);
      expect(Math.abs(chiSquareBelow(degrees, value) / exact - 1), `at ${value}`).toBeLessThanOrEqual(1e-9);
    }
  });
});
