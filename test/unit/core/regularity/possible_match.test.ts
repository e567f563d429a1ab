import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { regularityOf, regularMatchOf } from '../../../../src/core/regularity/assessment.ts';
import { addHour, type HourBits, noHours } from '../../../../src/core/regularity/hour_bits.ts';
import { PossibleMatch, type TimedColumns } from '../../../../src/core/regularity/possible_match.ts';
import type { TimedCount } from '../../../../src/core/regularity/timed_count.ts';
import { tries } from '../../../support/effort.ts';
import { BASE_HOUR, groups, type SyntheticGroup } from './groups.ts';

/** Runs at a rate each, with the device off between them; reports near the full hour; others report in most of their hours. */
const stretches: fc.Arbitrary<SyntheticGroup> = fc
  .record({
    runs: fc.array(
      fc.record({ length: fc.integer({ min: 1, max: 20 }), off: fc.nat(4), rate: fc.integer({ min: 1, max: 90 }) }),
      { minLength: 1, maxLength: 6 },
    ),
    jitter: fc.nat(6),
    missing: fc.nat(9),
    phase: fc.constantFrom(-90, 0, 90, 1_800),
    seed: fc.nat(1_000),
  })
  .map(({ runs, jitter, missing, phase, seed }) => {
    const counts: { second: number; count: number }[] = [];
    const deviceOn: number[] = [];
    let hour = BASE_HOUR;
    for (const { length, off, rate } of runs) {
      for (const end = Math.min(BASE_HOUR + 71, hour + length); hour < end; hour++) {
        const wobble = Math.imul(hour ^ seed, 2_654_435_761) >>> 16;
        const count = rate + (wobble % (jitter + 1));
        counts.push({ second: hour * 3600 + phase + (phase === 1_800 ? 0 : (wobble % 240) - 120), count });
        if (counts.length % 10 >= missing) deviceOn.push(hour);
      }
      hour += off;
    }
    return { counts, deviceOn };
  });
const all = fc.oneof(groups, stretches);
const RUNS = { seed: 20_261_130, numRuns: tries(2_500, 40_000) };

/** As the watch gives a group: its window ends in the hour of the last report. null for a group that spans more. */
function columnsOf(counts: readonly TimedCount[], deviceOn: readonly number[]) {
  const sorted = counts.toSorted((a, b) => a.second - b.second);
  const hourOf = (second: number) => Math.floor(second / 3600);
  const firstHour = hourOf(sorted.at(-1)?.second ?? 0) - 72;
  const [first] = sorted;
  if (first === undefined || hourOf(first.second) < firstHour) return null;
  const bits = (hours: readonly number[]): HourBits => {
    const into = noHours();
    for (const hour of hours) addHour(into, hour - firstHour);
    return into;
  };
  const seconds = sorted.map(({ second }) => second);
  const reports: TimedColumns = {
    // What stands behind the group is of the one before.
    seconds: [...seconds, 7],
    counts: [...sorted.map(({ count }) => count), 7],
    length: seconds.length,
    hours: bits(seconds.map(hourOf)),
    firstHour,
  };
  return { reports, on: bits(deviceOn) };
}

describe('PossibleMatch.of(reports, deviceOn)', () => {
  it('is true for each group whose rounded score is the threshold, and for each session', () => {
    const views = { spread: 0, steps: 0, gaps: 0 };
    fc.assert(
      fc.property(all, fc.boolean(), ({ counts, deviceOn }, isKnown) => {
        const columns = columnsOf(counts, deviceOn);
        if (columns === null) return;
        const whole = regularityOf(counts, isKnown ? new Set(deviceOn) : null);
        if (!whole.measured) return;
        views[whole.view]++;
        const match = whole.way === 'session' ? 0.999 : whole.regularity;
        expect(new PossibleMatch(match).of(columns.reports, isKnown ? columns.on : null)).toBe(true);
      }),
      RUNS,
    );
    for (const times of Object.values(views)) expect(times).toBeGreaterThan(RUNS.numRuns / 50);
  });

  it('rejects no group that matches, with one memory for all; and most of the others', () => {
    const tally = { matches: 0, rejected: 0, passed: 0 };
    const possible = new PossibleMatch(0.6);
    fc.assert(
      fc.property(all, fc.boolean(), ({ counts, deviceOn }, isKnown) => {
        const columns = columnsOf(counts, deviceOn);
        if (columns === null) return;
        const isMatch = regularMatchOf(counts, isKnown ? new Set(deviceOn) : null) !== null;
        const isPossible = possible.of(columns.reports, isKnown ? columns.on : null);
        if (isMatch) expect(isPossible).toBe(true);
        tally[isMatch ? 'matches' : isPossible ? 'passed' : 'rejected']++;
      }),
      RUNS,
    );
    expect(tally.matches).toBeGreaterThan(RUNS.numRuns / 20);
    expect(tally.passed / tally.rejected).toBeLessThan(0.05);
  });

  it('leaves reports that span more than the window to the detector, which refuses them', () => {
    const hours = noHours();
    for (let hour = 0; hour < 73; hour++) addHour(hours, hour);
    const seconds = [0, 1, 2, 3, 74 * 3600];
    const reports = { seconds, counts: seconds, length: 5, hours, firstHour: 0 };
    expect(new PossibleMatch(0.6).of(reports, null)).toBe(true);
  });
});
