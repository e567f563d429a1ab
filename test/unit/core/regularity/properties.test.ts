import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { regularityOf } from '../../../../src/core/regularity/assessment.ts';
import { processRegularityOf } from '../../../../src/core/regularity/process_view.ts';
import { roundHalfEven } from '../../../../src/core/regularity/round_half_even.ts';
import { spreadView } from '../../../../src/core/regularity/spread_view.ts';
import { stepsView } from '../../../../src/core/regularity/steps_view.ts';
import { viewScore } from '../../../../src/core/regularity/view.ts';
import { tries } from '../../../support/effort.ts';
import { BASE_HOUR, groups } from './groups.ts';

const RUNS = { seed: 20_261_118, numRuns: tries(100, 5_000) };

describe('for all groups', () => {
  it('regularityOf(reports) is the same in any order of the reports, and changes none of them', () => {
    const shuffled = groups.chain((group) =>
      fc.tuple(
        fc.constant(group),
        fc.shuffledSubarray([...group.counts], { minLength: group.counts.length }),
        fc.shuffledSubarray([...group.deviceOn], { minLength: group.deviceOn.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([{ counts, deviceOn }, otherCounts, otherOn]) => {
        const frozen = Object.freeze(counts.map((count) => Object.freeze({ ...count })));
        expect(regularityOf(otherCounts, new Set(otherOn))).toStrictEqual(regularityOf(frozen, new Set(deviceOn)));
      }),
      RUNS,
    );
  });

  it('regularityOf(reports) is the same when the group and its device move by whole hours', () => {
    fc.assert(
      fc.property(groups, fc.integer({ min: -5_000, max: 5_000 }), ({ counts, deviceOn }, hours) => {
        const moved = counts.map(({ second, count }) => ({ second: second + hours * 3600, count }));
        const answer = regularityOf(moved, new Set(deviceOn.map((hour) => hour + hours)));
        expect(answer).toStrictEqual(regularityOf(counts, new Set(deviceOn)));
      }),
      RUNS,
    );
  });

  it('regularityOf(reports in 5-minute bins) is that of the same counts an hour apart, twelve times faster', () => {
    fc.assert(
      fc.property(groups, ({ counts, deviceOn }) => {
        // At the start of their hour, so that no offset of hours differs.
        const hourly = counts.map(({ second, count }) => ({ second: second - (second % 3600), count }));
        const fast = hourly.map(({ second, count }) => ({ second: second / 12, count }));
        const slow = regularityOf(hourly, new Set(deviceOn));
        const answer = regularityOf(fast, new Set(deviceOn), 300);
        expect(answer.measured).toBe(slow.measured);
        if (!answer.measured || !slow.measured) return;
        const { interval, interval_low, interval_high, coverage } = slow;
        expect({ ...answer, interval, interval_low, interval_high, coverage }).toStrictEqual(slow);
        expect(Math.abs(answer.interval - slow.interval / 12)).toBeLessThanOrEqual(0.55);
      }),
      RUNS,
    );
  });

  it('regularityOf(reports, null) is that of a device that was never seen off', () => {
    fc.assert(
      fc.property(groups, ({ counts }) => {
        const always = new Set(Array.from({ length: 80 }, (_none, hour) => BASE_HOUR - 4 + hour));
        const known = regularityOf(counts, null);
        expect(known).toStrictEqual(regularityOf(counts, always));
        expect(known).toStrictEqual(regularityOf(counts, new Set()));
      }),
      RUNS,
    );
  });

  it('regularityOf(reports) has a score from 0 to below 1, and an interval within its range', () => {
    fc.assert(
      fc.property(groups, ({ counts, deviceOn }) => {
        const answer = regularityOf(counts, new Set(deviceOn));
        if (!answer.measured) return;
        expect(answer.regularity).toBeGreaterThanOrEqual(0);
        expect(answer.regularity).toBeLessThan(1);
        expect(answer.interval_low).toBeLessThanOrEqual(answer.interval);
        expect(answer.interval_high).toBeGreaterThanOrEqual(answer.interval);
        expect(answer.interval).toBeGreaterThan(0);
        expect(answer.active_hours).toBeLessThanOrEqual(answer.hours);
      }),
      RUNS,
    );
  });

  it('processRegularityOf(addresses) is the same however the reports are dealt to three addresses', () => {
    const dealt = groups.chain(({ counts, deviceOn }) =>
      fc.tuple(
        fc.constant({ counts, deviceOn }),
        fc.array(fc.nat(2), { minLength: counts.length, maxLength: counts.length }),
      ),
    );
    fc.assert(
      fc.property(dealt, ([{ counts, deviceOn }, places]) => {
        const addresses = ['192.0.2.1', '198.51.100.1', '2001:db8::1'].map((RemoteIP, place) => ({
          RemoteIP,
          counts: counts.filter((_count, index) => places[index] === place),
          devices: 1,
          matchesByItself: false,
        }));
        const sum = processRegularityOf(addresses, 1, new Set(deviceOn));
        const group = regularityOf(counts, new Set(deviceOn));
        if (!sum.measured || !group.measured) return;
        const { way, addresses: used, ...numbers } = sum;
        const { way: _way, session, ...expected } = group;
        expect(numbers).toStrictEqual(expected);
        expect(used).toBe(new Set(places).size);
        expect(way).toBe(sum.regularity >= 0.6 && sum.interval <= 7200 ? 'process' : null);
      }),
      RUNS,
    );
  });
});

describe('twice, three or nine times the connections', () => {
  const series = fc.array(fc.nat(200), { minLength: 2, maxLength: 72 });
  const factors = fc.constantFrom(2, 3, 9);
  const times = (x: readonly number[], factor: number) => x.map((count) => count * factor);
  const near = (actual: number, expected: number) =>
    expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, expected));

  it('are as many times the value of stepsView: more connections make chance more even', () => {
    fc.assert(
      fc.property(series, factors, (x, factor) => {
        const view = stepsView([x]);
        const scaled = stepsView([times(x, factor)]);
        expect(scaled?.n).toBe(view?.n);
        if (view !== null && scaled !== null) near(scaled.value, factor * view.value);
      }),
      RUNS,
    );
  });

  it('are as many times the value of spreadView where the mean is whole', () => {
    fc.assert(
      fc.property(series, factors, (x, factor) => {
        // The last count completes the sum to a multiple of the number of points.
        const sum = x.reduce((total, count) => total + count, 0);
        const whole = [...x, x.length + 1 - (sum % (x.length + 1))];
        const view = spreadView(whole)!;
        const scaled = spreadView(times(whole, factor))!;
        near(scaled.value, factor * view.value);
        near(scaled.n, whole.length);
        expect(viewScore(scaled)).toBeLessThanOrEqual(viewScore(view));
      }),
      RUNS,
    );
  });

  it('leave hours, gaps and the offset as they are', () => {
    fc.assert(
      fc.property(groups, factors, ({ counts, deviceOn }, factor) => {
        const more = counts.map(({ second, count }) => ({ second, count: count * factor }));
        const [one, many] = [regularityOf(counts, new Set(deviceOn)), regularityOf(more, new Set(deviceOn))];
        if (!one.measured || !many.measured) return;
        const fixed = ({ hours, active_hours, coverage, hour_offset_min }: typeof one) => [
          hours,
          active_hours,
          coverage,
          hour_offset_min,
        ];
        expect(fixed(many)).toEqual(fixed(one));
        expect(many.views.gaps).toBe(one.views.gaps);
        expect(many.connections).toBe(one.connections * factor);
      }),
      RUNS,
    );
  });
});

describe('roundHalfEven(value, digits)', () => {
  it('is what the language prints, where no two results are equally near', () => {
    const near = fc.tuple(fc.nat(2_000_000), fc.integer({ min: -3, max: 3 })).map(([n, by]) => n / 2_000 + by * 1e-13);
    fc.assert(
      fc.property(fc.oneof(near, fc.double({ min: 0, max: 1e12, noNaN: true })), fc.nat(3), (value, digits) => {
        if (Math.abs((value * 2 ** (digits + 1)) % 2) === 1) return;
        expect(roundHalfEven(value, digits)).toBe(Number(value.toFixed(digits)));
      }),
      { seed: 20_261_130, numRuns: tries(1_000, 50_000) },
    );
  });

  it('is the nearest number, and of two the even one', () => {
    expect([0.125, 0.375, 2.5, 3.5, -0.5, 0.0625].map((each) => roundHalfEven(each, 2))).toEqual([
      0.12, 0.38, 2.5, 3.5, -0.5, 0.06,
    ]);
    expect([0.5, 1.5, 2.5, 7199.5, 7200.5].map((each) => roundHalfEven(each, 0))).toEqual([0, 2, 2, 7200, 7200]);
    // The double 0.0125 lies above 1/80, the double 1.0005 below.
    expect([0.0125, 1.0005, 0.0625, 0.9375].map((each) => roundHalfEven(each, 3))).toEqual([0.013, 1, 0.062, 0.938]);
  });

  it('differs from the value by half a unit at most', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constantFrom(0, 2, 3), (value, digits) => {
        expect(Math.abs(roundHalfEven(value, digits) - value)).toBeLessThanOrEqual(0.5 * 10 ** -digits + 1e-9);
      }),
      RUNS,
    );
  });
});
