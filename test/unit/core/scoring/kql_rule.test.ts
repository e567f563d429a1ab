import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hour } from '../../../../src/core/kql/bin.ts';
import { series_decompose_anomalies } from '../../../../src/core/kql/series_decompose_anomalies.ts';
import { series_stats } from '../../../../src/core/kql/series_stats.ts';
import { timestampFromMs } from '../../../../src/core/kql/timestamp.ts';
import { kqlRule } from '../../../../src/core/scoring/kql_rule.ts';
import { KQL_RULE, type Rule } from '../../../../src/core/scoring/rule.ts';
import type { Series } from '../../../../src/core/scoring/series.ts';
import { countsOf } from '../kql/series.ts';
import { frozen } from '../records/records.ts';

/** A series of these counts, one hour after the other; `nulls` more hours without a count. */
function seriesOf(ConnCounts: readonly number[], nulls = 0): Series {
  const hours = Array.from({ length: ConnCounts.length + nulls }, (_, i) => timestampFromMs(i * 3_600_000) as Hour);
  return frozen({ Timestamp: hours, ConnCounts: [...ConnCounts], countHours: hours.slice(nulls), dropped: 0 });
}

const times = (n: number, value: number) => new Array<number>(n).fill(value);

describe('KQL_RULE', () => {
  it('has the numbers of the published rule', () => {
    expect(KQL_RULE).toEqual({
      lookbackDays: 3,
      minUniformPerDay: 4,
      minAverage: 45,
      anomalyThreshold: 1.5,
      grain: 'hour',
    });
  });
});

describe('kqlRule(series, rule)', () => {
  it('matches twelve inliers, and no fewer', () => {
    expect(kqlRule(seriesOf(times(12, 60)), KQL_RULE)).toMatchObject({
      match: true,
      inliner_count: 12,
      outlier_count: 0,
    });
    expect(kqlRule(seriesOf(times(11, 60)), KQL_RULE)).toEqual({ match: false, reason: 'too-few-points' });
    expect(kqlRule(seriesOf([...times(12, 60), 900]), KQL_RULE)).toMatchObject({
      match: true,
      inliner_count: 12,
      outlier_count: 1,
    });
    expect(kqlRule(seriesOf([...times(11, 60), 900]), KQL_RULE)).toEqual({ match: false, reason: 'too-few-inliers' });
  });

  it('matches an average above 45, not one of 45', () => {
    expect(kqlRule(seriesOf(times(20, 45)), KQL_RULE)).toEqual({ match: false, reason: 'low-average' });
    // 901 of 20 points: 45.05.
    expect(kqlRule(seriesOf([...times(19, 45), 46]), KQL_RULE)).toMatchObject({ match: true, avg_conn_count: 45 });
    // 45.01 to the letter: 4501 connections in 100 hours.
    const barely = kqlRule(seriesOf([...times(99, 45), 46]), KQL_RULE);
    expect(barely).toMatchObject({ match: true, avg_conn_count: 45, stats: { avg: 45.01 } });
    expect(kqlRule(seriesOf([...times(98, 45), 44, 46]), KQL_RULE)).toEqual({ match: false, reason: 'low-average' });
  });

  it('truncates avg_conn_count', () => {
    expect(kqlRule(seriesOf([...times(12, 45), 57]), KQL_RULE)).toMatchObject({ avg_conn_count: 45 });
    expect(kqlRule(seriesOf([...times(12, 46), 45]), KQL_RULE)).toMatchObject({ avg_conn_count: 45 });
  });

  it('gives an average beyond 32 bits too, which toint would not', () => {
    // 12 more on 13 points: 3,000,000,000.92.
    const verdict = kqlRule(seriesOf([...times(12, 3e9), 3e9 + 12]), KQL_RULE);
    expect(verdict).toMatchObject({ match: true, avg_conn_count: 3e9 });
  });

  it('counts hours without a count in count_of_hours alone', () => {
    expect(kqlRule(seriesOf(times(12, 60), 3), KQL_RULE)).toMatchObject({
      count_of_hours: 15,
      inliner_count: 12,
      outlier_count: 0,
      stats: { len: 12 },
    });
    expect(kqlRule(seriesOf(times(11, 60), 3), KQL_RULE)).toEqual({ match: false, reason: 'too-few-points' });
  });

  it('wants as many inliers per day of the window as the rule says, also of half a day', () => {
    const rule = (changes: Partial<Rule>) => Object.freeze({ ...KQL_RULE, ...changes });
    expect(kqlRule(seriesOf(times(2, 60)), rule({ lookbackDays: 0.5 })).match).toBe(true);
    expect(kqlRule(seriesOf(times(1, 60)), rule({ lookbackDays: 0.5 })).match).toBe(false);
    expect(kqlRule(seriesOf(times(14, 60)), rule({ minUniformPerDay: 4.8 }))).toEqual({
      match: false,
      reason: 'too-few-points',
    });
    expect(kqlRule(seriesOf(times(15, 60)), rule({ minUniformPerDay: 4.8 })).match).toBe(true);
  });

  it('of no counts at all matches nothing, even where the rule asks for none', () => {
    const rule = Object.freeze({ ...KQL_RULE, minUniformPerDay: 0, minAverage: 0 });
    expect(kqlRule(seriesOf([], 5), rule)).toEqual({ match: false, reason: 'low-average' });
  });

  it('gives scores, baseline and season of the points', () => {
    const pattern = [60, 60, 60, 600];
    const counts = Array.from({ length: 24 }, (_, i) => pattern[i % 4]!);
    const verdict = kqlRule(seriesOf(counts), KQL_RULE);
    expect(verdict).toMatchObject({ match: true, period: 4, outlier_count: 0, baseline: counts });
    const spiked = kqlRule(seriesOf([...times(20, 60), 900, 0]), KQL_RULE);
    expect(spiked).toMatchObject({ match: true, flags: [...times(20, 0), 1, -1] });
    expect(spiked.match && spiked.scores.slice(-2)).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  });

  it('decides before decomposing what the whole computation decides', () => {
    const rules = fc.record({
      lookbackDays: fc.constantFrom(0.25, 1, 3),
      minUniformPerDay: fc.constantFrom(0, 4, 7),
      minAverage: fc.constantFrom(0, 45, 120),
      anomalyThreshold: fc.constantFrom(0, 1.5, 3),
      grain: fc.constant('hour' as const),
    });
    const inputs = fc.tuple(fc.integer({ min: 0, max: 30 }).chain(countsOf), rules);
    let matches = 0;
    fc.assert(
      fc.property(inputs, ([counts, rule]) => {
        const { ad_flag } = series_decompose_anomalies(counts, rule.anomalyThreshold, -1);
        const stats = series_stats(counts);
        const inliers = ad_flag.filter((flag) => flag === 0).length;
        const wanted =
          inliers >= rule.minUniformPerDay * rule.lookbackDays && stats !== null && stats.avg > rule.minAverage;
        const verdict = kqlRule(seriesOf(counts), Object.freeze(rule));
        expect(verdict.match).toBe(wanted);
        if (!verdict.match) return;
        matches++;
        expect(verdict).toMatchObject({
          inliner_count: inliers,
          outlier_count: counts.length - inliers,
          flags: ad_flag,
          stats,
        });
      }),
      { numRuns: 1000, seed: 20_261_120 },
    );
    expect(matches).toBeGreaterThan(100);
  });
});
