import { describe, expect, it } from 'vitest';
import { MAX_EVIDENCE_POINTS } from '../../../../src/core/detections/assessments.ts';
import { findingOf, INFINITE_SCORE } from '../../../../src/core/detections/finding.ts';
import { NO_TRAFFIC } from '../../../../src/core/detections/traffic.ts';
import { timestampFromMs } from '../../../../src/core/kql/timestamp.ts';
import { kqlRule } from '../../../../src/core/scoring/kql_rule.ts';
import { KQL_RULE } from '../../../../src/core/scoring/rule.ts';
import { type Grain, SeriesBuilder } from '../../../../src/core/scoring/series.ts';
import { ruleOf } from '../../../support/detections.ts';
import { frozen } from '../records/records.ts';

const KEY = frozen({
  source: 'defender',
  DeviceName: 'wks-1',
  InitiatingProcessFileName: 'a.exe',
  RemoteIP: '203.0.113.1',
} as const);

/** The finding of a group with these counts, so many seconds apart. */
function finding(counts: readonly (number | null)[], grain: Grain = 'hour', seconds = 3600) {
  const builder = new SeriesBuilder(grain);
  for (const [i, count] of counts.entries()) builder.add(timestampFromMs(i * seconds * 1000), count);
  const series = frozen(builder.build());
  const match = kqlRule(series, KQL_RULE);
  if (!match.match) throw new Error(match.reason);
  const others = frozen({ devices: 3, otherProcesses: ['b.exe'] });
  return findingOf(
    frozen({ group: { groupId: '0123', key: KEY, series, programHash: 'ab' }, match, ...others }),
    { ...KQL_RULE, grain },
    null,
    AS_OF,
  );
}

const AS_OF = timestampFromMs(23 * 3_600_000);
const times = (n: number, count: number) => new Array<number>(n).fill(count);

describe('findingOf(matched, grain)', () => {
  it("has the rule's row and what is behind it", () => {
    expect(finding([null, ...times(20, 60), 900, 0])).toEqual({
      ...KEY,
      groupId: '0123',
      FirstConnection: '1970-01-01T00:00:00.0000000Z',
      LastConnection: '1970-01-01T22:00:00.0000000Z',
      devices: 3,
      fleetDevices: null,
      otherProcesses: ['b.exe'],
      hours: [...new Array<null>(50).fill(null), ...times(20, 60), 900, 0],
      technique: null,
      traffic: NO_TRAFFIC,
      programHash: 'ab',
      known: null,
      assessments: {
        'kql-rule': {
          FirstConnection: '1970-01-01T00:00:00.0000000Z',
          LastConnection: '1970-01-01T22:00:00.0000000Z',
          count_of_hours: 23,
          inliner_count: 20,
          outlier_count: 2,
          avg_conn_count: 95,
          average: 2100 / 22,
          spread: 0,
          interval: { seconds: 60, deviation: 0 },
          lastMatched: AS_OF,
          evidence: {
            grain: 'hour',
            Timestamp: Array.from({ length: 22 }, (_, i) => timestampFromMs((i + 1) * 3_600_000)),
            ConnCounts: [...times(20, 60), 900, 0],
            flags: [...times(20, 0), 1, -1],
            scores: [...times(20, 0), INFINITE_SCORE, -INFINITE_SCORE],
            baseline: times(22, 2100 / 22),
            period: 0,
            omitted: 0,
            thresholds: { lookbackDays: 3, minUniform: 12, minAverage: 45, anomalyThreshold: 1.5 },
          },
        },
        regularity: null,
      },
    });
  });

  it('says a billion where a score is infinite, so that JSON can say it', () => {
    expect(INFINITE_SCORE).toBe(1e9);
    const found = finding([...times(20, 60), 900]);
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });

  it('keeps the newest 500 points as evidence, and the number of omitted ones', () => {
    expect(MAX_EVIDENCE_POINTS).toBe(500);
    const counts = Array.from({ length: 620 }, (_, i) => 60 + (i % 7));
    const { evidence, inliner_count, outlier_count, count_of_hours } = ruleOf(finding(counts, 'report', 60));
    expect(inliner_count + outlier_count).toBe(620);
    expect(count_of_hours).toBe(620);
    for (const list of [evidence.Timestamp, evidence.flags, evidence.scores, evidence.baseline])
      expect(list).toHaveLength(500);
    expect(evidence).toMatchObject({ ConnCounts: counts.slice(120), omitted: 120, period: 7, grain: 'report' });
    expect(evidence.Timestamp[0]).toBe(timestampFromMs(2 * 3_600_000));
    expect(ruleOf(finding(counts.slice(0, 500), 'report', 60)).evidence.omitted).toBe(0);
  });

  it('counts what the series had dropped already', () => {
    expect(ruleOf(finding(times(10_003, 60), 'report', 1))).toMatchObject({
      count_of_hours: 10_000,
      inliner_count: 10_000,
      evidence: { omitted: 9503 },
    });
  });
});
