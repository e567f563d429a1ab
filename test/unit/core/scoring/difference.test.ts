import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../../src/core/kql/timespan.ts';
import { addMs, type Timestamp } from '../../../../src/core/kql/timestamp.ts';
import {
  bestSettings,
  type Comparison,
  EDGE_MS,
  explain,
  hasSameNumbers,
  numbersOf,
  type RuleNumbers,
} from '../../../../src/core/scoring/difference.ts';
import { GroupCutter } from '../../../../src/core/scoring/group_cutter.ts';
import { kqlRule } from '../../../../src/core/scoring/kql_rule.ts';
import type { Rule } from '../../../../src/core/scoring/rule.ts';
import { type Window, windowOf } from '../../../../src/core/scoring/window.ts';
import { contribution } from '../../../contract/samples.ts';
import { tries } from '../../../support/effort.ts';

const END = '2026-11-20T12:00:00.0000000Z' as Timestamp;
/** Six hours, at least 2 inliers, an average above 45. */
const RULE: Rule = { lookbackDays: 0.25, minUniformPerDay: 8, minAverage: 45, anomalyThreshold: 1.5, grain: 'hour' };
const WINDOW = windowOf(END, RULE.lookbackDays);

type Row = ReturnType<typeof contribution>;

/** Reports at minutes before the end of the window, in time order. */
const reports = (
  minutes: readonly number[],
  count: (n: number) => number | null = () => 60,
  changes: Partial<Row> = {},
) =>
  minutes
    .map((minute, n) => contribution({ Timestamp: addMs(END, -minute * MINUTE_MS), count: count(n), ...changes }))
    .sort((a, b) => (a.Timestamp < b.Timestamp ? -1 : 1));

function rowOf(contributions: readonly Row[], rule: Rule, window: Window): RuleNumbers | null {
  const cutter = new GroupCutter(window, rule.grain);
  const [group] = [...cutter.push(contributions), ...cutter.finish()];
  const match = group && kqlRule(group.series, rule);
  return match?.match ? numbersOf(match) : null;
}

const comparison = (changes: Partial<Comparison> = {}): Comparison => ({
  rule: RULE,
  window: WINDOW,
  hours: 6,
  missingHours: 0,
  resultRows: 20,
  isInScope: () => true,
  isKnownDevice: () => true,
  ...changes,
});

function explained(
  contributions: readonly Row[],
  theirs: RuleNumbers | null,
  { rule = RULE, answers = theirs === null ? 0 : 1, ...changes }: Partial<Comparison> & { answers?: number } = {},
) {
  const ours = rowOf(contributions, rule, WINDOW);
  expect(hasSameNumbers(ours, theirs)).toBe(false);
  const key = contributions[0] ?? contribution();
  return explain({ key, answers, theirs, ours, contributions }, comparison({ rule, ...changes }));
}

const HOURLY = [30, 90, 150, 210, 270, 330];
const row = (count_of_hours: number, avg_conn_count: number, outlier_count = 0): RuleNumbers => ({
  count_of_hours,
  inliner_count: count_of_hours - outlier_count,
  outlier_count,
  avg_conn_count,
});

describe('explain(group, comparison)', () => {
  it('finds the grain', () => {
    const split = reports([...HOURLY, ...HOURLY.map((minute) => minute + 1)]);
    expect(explained(split, row(12, 60))).toMatchObject({
      reason: 'grain',
      detail: 'equal with --grain report: the answer counts by report',
    });
    const halves = reports([...HOURLY, ...HOURLY.map((minute) => minute + 1)], () => 30);
    expect(explained(halves, null)).toMatchObject({ reason: 'grain' });
  });

  it('finds the end of the window, and between which instants it lies', () => {
    const contributions = reports([-20, ...HOURLY, 390]);
    expect(explained(contributions, row(7, 60))).toMatchObject({
      reason: 'window-edge',
      detail:
        'equal if the window ends between 2026-11-20T12:20:00Z and 2026-11-20T12:30:00Z (now 2026-11-20T12:00:00Z)',
    });
  });

  it('finds both together', () => {
    const twice = reports([-20, -20, ...HOURLY, ...HOURLY]);
    expect(explained(twice, row(14, 60))).toMatchObject({
      reason: 'grain',
      detail: expect.stringMatching(/^equal with --grain report, and if the window ends between 2026-11-20T12:20:00/),
    });
  });

  it.each<[string, number[], RuleNumbers | null, Parameters<typeof explained>[2], string]>([
    ['an address out of scope', [], row(6, 60), { isInScope: () => false }, 'out-of-scope'],
    ['an unknown device', [], row(6, 60), { isKnownDevice: () => false }, 'no-reports'],
    ['a group without reports', [], row(6, 60), {}, 'no-reports'],
    ['files with gaps', [30, 90, 150], row(6, 60), { missingHours: 3 }, 'cut-export'],
    ['fewer reports in the files', [30, 90, 150], row(6, 60), {}, 'late-reports'],
    ['fewer reports in the answer', HOURLY, row(3, 60), {}, 'late-reports'],
    ['a report missing within an hour', HOURLY, row(6, 55), {}, 'late-reports'],
    ['other outliers of equal counts', HOURLY, row(6, 60, 1), {}, 'flags'],
    ['an answer cut by the portal', HOURLY, null, { resultRows: 10_000 }, 'cut-result'],
    ['two rows of one group', HOURLY, row(3, 60), { answers: 2 }, 'repeated-rows'],
    ['no reason', HOURLY, null, {}, 'unknown'],
  ])('%s', (_name, minutes, theirs, changes, reason) => {
    expect(explained(reports(minutes), theirs, changes)).toMatchObject({ reason });
  });

  it.each([
    [46, null, 'near-threshold'],
    [44, row(6, 46), 'near-threshold'],
    [60, null, 'unknown'],
  ] as const)('an average of %d here, and %j in the answer', (count, theirs, reason) => {
    expect(
      explained(
        reports(HOURLY, () => count),
        theirs,
      ),
    ).toMatchObject({ reason });
  });

  it('names the numbers and their thresholds where only the settings can be the reason', () => {
    const theirs = row(6, 20);
    expect(
      explained(
        reports(HOURLY, () => 20),
        theirs,
      ),
    ).toEqual({
      reason: 'below-threshold',
      detail: 'here 20 per hour (threshold 45) in 6 points (minimum 2 inliers): was the query run with these settings?',
    });
  });

  it('finds every other end of the window within an hour, for any reports', () => {
    const minutes = fc.array(fc.integer({ min: -60, max: 420 }), { minLength: 1, maxLength: 20 });
    let found = 0;
    fc.assert(
      fc.property(
        minutes,
        fc.integer({ min: -59, max: 59 }),
        fc.constantFrom('hour' as const, 'report' as const),
        fc.boolean(),
        fc.constantFrom(60, 45),
        (all, shift, grain, isRawSource, count) => {
          const source = isRawSource ? ('sysmon' as const) : ('defender' as const);
          const times = isRawSource ? all.map((minute) => Math.round(minute / 60) * 60) : all;
          const rows = reports(times, (n) => count + (n % 3) * 5, { source });
          const rule = { ...RULE, grain };
          const asOf = addMs(END, shift * MINUTE_MS);
          const theirs = rowOf(rows, rule, windowOf(asOf, rule.lookbackDays));
          const ours = rowOf(rows, rule, WINDOW);
          fc.pre(!hasSameNumbers(theirs, ours));
          const answers = theirs === null ? 0 : 1;
          const explanation = explain(
            { key: rows[0] as Row, answers, theirs, ours, contributions: rows },
            comparison({ rule }),
          );
          expect(explanation.reason).toBe('window-edge');
          const ends = explanation.equal?.find((each) => each.grain === grain)?.ends;
          expect(ends?.some(({ from, to }) => from <= asOf && asOf < to)).toBe(true);
          expect(bestSettings([explanation], END)).toMatchObject({ rows: 1 });
          found++;
        },
      ),
      { numRuns: tries(150, 5000) },
    );
    expect(found).toBeGreaterThan(tries(100, 1000));
  });
});

describe('bestSettings(explanations, asOf)', () => {
  it('takes the minute with most equal rows, of equals the nearest', () => {
    const ends = (from: number, to: number) => ({
      reason: 'window-edge' as const,
      detail: '',
      equal: [
        {
          grain: 'report' as const,
          ends: [{ from: addMs(END, from * MINUTE_MS), to: addMs(END, to * MINUTE_MS) }],
        },
      ],
    });
    const all = [ends(5, 60), ends(10, 60), ends(-60, 12), { reason: 'unknown' as const, detail: '' }];
    expect(bestSettings(all, END)).toEqual({ grain: 'report', asOf: addMs(END, 10 * MINUTE_MS), rows: 3 });
    expect(bestSettings([], END)).toBeNull();
    expect(EDGE_MS).toBe(HOUR_MS);
  });
});

describe('hasSameNumbers(a, b)', () => {
  it('compares each of the four numbers', () => {
    const numbers = row(6, 60, 1);
    expect(hasSameNumbers(numbers, { ...numbers })).toBe(true);
    for (const name of Object.keys(numbers)) expect(hasSameNumbers(numbers, { ...numbers, [name]: 0 })).toBe(false);
    expect(hasSameNumbers(numbers, null)).toBe(false);
    expect(hasSameNumbers(null, null)).toBe(true);
  });
});
