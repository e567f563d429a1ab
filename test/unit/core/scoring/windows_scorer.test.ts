import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../../src/core/kql/timespan.ts';
import { addMs, type Timestamp } from '../../../../src/core/kql/timestamp.ts';
import { AddressScorer } from '../../../../src/core/scoring/address_scorer.ts';
import { GroupCutter } from '../../../../src/core/scoring/group_cutter.ts';
import type { Rule } from '../../../../src/core/scoring/rule.ts';
import { MAX_POINTS, type Series } from '../../../../src/core/scoring/series.ts';
import type { Window } from '../../../../src/core/scoring/window.ts';
import { windowsBetween } from '../../../../src/core/scoring/window_range.ts';
import { edgesOf, WindowSeries } from '../../../../src/core/scoring/window_series.ts';
import { type MatchedOver, WindowsScorer } from '../../../../src/core/scoring/windows_scorer.ts';
import { contribution } from '../../../contract/samples.ts';
import { tries } from '../../../support/effort.ts';

const START = '2026-11-20T00:00:00.0000000Z' as Timestamp;
/** A small window and low thresholds, so that few reports can match: at least 2 points, an average above 20. */
const RULE: Rule = { lookbackDays: 0.25, minUniformPerDay: 8, minAverage: 20, anomalyThreshold: 1.5, grain: 'hour' };

type Row = ReturnType<typeof contribution>;

/** A match of one window, or of the last of several, without what only the whole address knows. */
const shown = ({ group, match }: Pick<MatchedOver, 'group' | 'match'>) => {
  const { dropped: _dropped, ...series } = group.series;
  const { source, DeviceName, InitiatingProcessFileName, RemoteIP } = group.key;
  const { match: _match, series: _series, ...numbers } = match;
  return { groupId: group.groupId, key: { source, DeviceName, InitiatingProcessFileName, RemoteIP }, series, numbers };
};

/** Each window alone, as `score --now` scores it. */
function slowly(rows: readonly Row[], windows: readonly Window[], rule: Rule) {
  const results = new Map<string, { firstSeen: string; matching: boolean[]; last: object | null }>();
  for (const [index, window] of windows.entries()) {
    const cutter = new GroupCutter(window, rule.grain);
    const groups = [...cutter.push(rows), ...cutter.finish()];
    for (const group of groups.filter(({ key }) => !key.RemoteIP.includes(':'))) {
      const firstSeen = group.series.Timestamp[0] as string;
      const result = results.get(group.groupId) ?? { firstSeen, matching: windows.map(() => false), last: null };
      if (firstSeen < result.firstSeen) result.firstSeen = firstSeen;
      results.set(group.groupId, result);
    }
    const scorer = new AddressScorer(rule);
    const addresses = [...scorer.push(groups), ...scorer.finish()];
    for (const each of addresses.flatMap(({ matched }) => matched)) {
      const result = results.get(each.group.groupId);
      if (result === undefined) continue;
      result.matching[index] = true;
      result.last = shown(each);
    }
  }
  const inKeyOrder = [...results.keys()].sort().map((groupId) => results.get(groupId));
  return { groups: results.size, matched: inKeyOrder.filter((result) => (result?.last ?? null) !== null) };
}

function inOnePass(rows: readonly Row[], windows: readonly Window[], rule: Rule, pageRows = 1000) {
  const scorer = new WindowsScorer(rule, windows);
  const matched: MatchedOver[] = [];
  for (let n = 0; n < rows.length; n += pageRows) matched.push(...scorer.push(rows.slice(n, n + pageRows)));
  matched.push(...scorer.finish());
  return {
    groups: scorer.groups,
    matched: matched.map((each) => ({
      firstSeen: each.firstSeen,
      matching: each.matching,
      last: shown(each),
    })),
    devices: matched.map(({ devices }) => devices),
  };
}

/** In key order, each key once, as a store gives them. */
function stored(rows: readonly Row[]): Row[] {
  const keyOf = (row: Row) => `${row.groupId}|${row.Timestamp}|${row.contribution}`;
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  return [...byKey.keys()].sort().map((key) => byKey.get(key) as Row);
}

/** Minutes after START; the full hours and the edges of windows come up often. */
const minute = fc.oneof(
  fc.nat(16).map((hour) => hour * 60),
  fc.nat(32).map((half) => half * 30),
  fc.nat(16 * 60),
);
const row = fc
  .record({
    group: fc.nat(4),
    minute,
    tick: fc.constantFrom(0, 0, 1),
    contribution: fc.nat(2),
    count: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(10, 30, 30, 60, 200) },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
  })
  .map(({ group, minute, tick, contribution: number, count }) => {
    // Groups 0 and 1 have one address. Group 3 has raw events, which are counted by the hour. The rule does not score group 4.
    const isRaw = group === 3;
    const time = addMs(START, (isRaw ? minute - (minute % 60) : minute) * MINUTE_MS);
    return contribution({
      groupId: `3000000${group >> 1}${String(group).padStart(24, '0')}`,
      source: isRaw ? 'sysmon' : 'defender',
      DeviceName: `wks-${group}`,
      RemoteIP: group === 4 ? '2001:db8::7' : `203.0.113.${group >> 1}`,
      Timestamp: (tick === 1 && !isRaw ? `${time.slice(0, 19)}.0000001Z` : time) as Timestamp,
      contribution: String(number).repeat(16),
      count: isRaw ? (count ?? 1) : count,
    });
  });

const range = fc.record({
  from: minute,
  length: fc.nat(8 * 60),
  every: fc.constantFrom(30, 45, 60, 90, 120, 360),
});

describe('WindowsScorer', () => {
  it('gives what each window alone gives, in both grains, for any windows', () => {
    let matches = 0;
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 100, size: 'max' }),
        range,
        fc.constantFrom('hour' as const, 'report' as const),
        fc.constantFrom(1, 3, 1000),
        (all, { from, length, every }, grain, pageRows) => {
          const rows = stored(all);
          const first = addMs(START, from * MINUTE_MS);
          const to = addMs(first, length * MINUTE_MS);
          const windows = windowsBetween(first, to, every * MINUTE_MS, RULE.lookbackDays);
          const rule = { ...RULE, grain };
          const { devices: _devices, ...result } = inOnePass(rows, windows, rule, pageRows);
          expect(result).toEqual(slowly(rows, windows, rule));
          matches += result.matched.length;
        },
      ),
      { numRuns: tries(150, 5000) },
    );
    expect(matches).toBeGreaterThan(tries(100, 1000));
  });

  it('counts the devices of an address over all windows together', () => {
    const rows = [0, 1].flatMap((number) =>
      Array.from({ length: 6 }, (_, hour) =>
        contribution({
          groupId: `30000000${String(number).padStart(24, '0')}`,
          DeviceName: `wks-${number}`,
          // The second device is active half a day later.
          Timestamp: addMs(START, (hour + number * 12) * HOUR_MS + MINUTE_MS),
        }),
      ),
    );
    const windows = windowsBetween(
      addMs(START, 6 * HOUR_MS),
      addMs(START, 18 * HOUR_MS),
      6 * HOUR_MS,
      RULE.lookbackDays,
    );
    expect(inOnePass(rows, windows, RULE).devices).toEqual([2, 2]);
  });
});

describe('WindowSeries', () => {
  it('gives the newest reports of a window with more than a series may have', () => {
    const many = Array.from({ length: 3 * MAX_POINTS }, (_, n) =>
      contribution({ Timestamp: addMs(START, n * 600), contribution: String(n).padStart(16, '0'), count: n }),
    );
    // One window ends with the report at which the oldest ones are dropped.
    const windows = windowsBetween(addMs(START, HOUR_MS), addMs(START, 4 * HOUR_MS), 20 * MINUTE_MS, RULE.lookbackDays);
    const found: (Series | undefined)[] = [];
    const options = { source: 'defender', grain: 'report', minPoints: 1 } as const;
    const series = new WindowSeries(windows, edgesOf(windows), options, (each, window) => (found[window] = each));
    for (const each of many) series.add(each);
    series.finish();
    const alone = windows.map((window) => {
      const cutter = new GroupCutter(window, 'report');
      return [...cutter.push(many), ...cutter.finish()][0]?.series;
    });
    const counts = (all: (Series | undefined)[]) => all.map((each) => each?.ConnCounts);
    expect(counts(found)).toEqual(counts(alone));
    expect(found.at(-1)?.ConnCounts).toHaveLength(MAX_POINTS);
  });
});

describe('windowsBetween(from, to, every, lookbackDays)', () => {
  const ends = (from: number, to: number, every: number) =>
    windowsBetween(addMs(START, from * HOUR_MS), addMs(START, to * HOUR_MS), every * HOUR_MS, 3).map(({ asOf }) =>
      asOf.slice(5, 16),
    );
  it('begins with from and ends with to', () => {
    expect(ends(0, 48, 24)).toEqual(['11-20T00:00', '11-21T00:00', '11-22T00:00']);
    expect(ends(0, 30, 24)).toEqual(['11-20T00:00', '11-21T00:00', '11-21T06:00']);
    expect(ends(5, 5, 24)).toEqual(['11-20T05:00']);
  });
});
