import { describe, expect, it } from 'vitest';
import type { Detection } from '../../../../src/core/detections/detection.ts';
import {
  NO_TRAFFIC,
  needsTraffic,
  type SourcedFacts,
  trafficLists,
  trafficOf,
} from '../../../../src/core/detections/traffic.ts';
import { HOUR_MS } from '../../../../src/core/kql/timespan.ts';
import { addMs, type Timestamp } from '../../../../src/core/kql/timestamp.ts';
import { type Facts, type Source, TEXT_FACTS } from '../../../../src/core/records/report.ts';
import { detection } from '../../../contract/samples.ts';
import { frozen } from '../records/records.ts';

const AT = '2026-11-20T09:00:00.0000000Z' as Timestamp;
const rows = (facts: readonly Facts[], source: Source = 'defender'): SourcedFacts[] =>
  frozen(facts.map((each) => ({ source, facts: each })));

describe('trafficOf(rows, asOf)', () => {
  it('of rows that say nothing is empty lists', () => {
    expect(trafficOf(rows([{}, {}]), AT)).toEqual({ ...NO_TRAFFIC, asOf: AT });
    expect(trafficOf([], AT)).toEqual({ ...NO_TRAFFIC, asOf: AT });
  });

  it('names each value once, the newest first, as many as the list has', () => {
    const values = ['a', 'b', 'c', 'd', 'e', 'f', 'b', ''];
    const five = ['localIPs', 'sha1', 'sha256', 'folderPaths', 'accounts', 'urls'];
    const facts = TEXT_FACTS.filter((fact) => fact !== 'ActionType');
    const seen = facts.map((fact) => {
      const traffic = trafficOf(rows(values.map((value) => ({ [fact]: value }))), AT);
      const [[list, found] = [], ...others] = Object.entries(traffic).filter(
        ([, value]) => Array.isArray(value) && value.length > 0,
      );
      expect(others).toEqual([]);
      expect(found).toEqual(['b', 'f', 'e', 'd', 'c'].slice(0, five.includes(list ?? '') ? 5 : 3));
      return list;
    });
    expect(new Set(seen)).toEqual(new Set(Object.keys(trafficLists(() => []))));
  });

  it('counts ports, that with the most reports first, then by number, at most ten', () => {
    const facts = [443, 80, 443, 8443, 80, ...Array.from({ length: 12 }, (_, n) => 9_000 + n)].map((RemotePort) => ({
      RemotePort,
    }));
    const { ports } = trafficOf(rows(facts), AT);
    expect(ports.slice(0, 4)).toEqual([
      { port: 80, reports: 2 },
      { port: 443, reports: 2 },
      { port: 8443, reports: 1 },
      { port: 9000, reports: 1 },
    ]);
    expect(ports).toHaveLength(10);
  });

  it('counts what was made and what failed by its ActionType, in whatever case', () => {
    const facts = [
      'ConnectionSuccessAggregatedReport',
      'connectionsuccess',
      'ConnectionFailedAggregatedReport',
      'CONNECTIONFAILED',
      'ConnectionFailed',
      'InboundInternetScanInspected',
      'NotConnectionSuccess',
    ].map((ActionType) => ({ ActionType }));
    expect(trafficOf(rows(facts), AT)).toMatchObject({ succeeded: 2, failed: 3 });
  });

  it('takes a raw event without an ActionType for a connection that was made, and no report of Defender', () => {
    for (const source of ['sysmon', 'wfp', 'defender-raw'] as const) {
      expect(trafficOf(rows([{}, {}], source), AT)).toMatchObject({ succeeded: 2, failed: 0 });
    }
    expect(trafficOf(rows([{}]), AT)).toMatchObject({ succeeded: 0, failed: 0 });
  });

  it('reads the newest 500 rows', () => {
    const facts = Array.from({ length: 501 }, (_, n) => ({ RemotePort: n === 0 ? 80 : 443 }));
    expect(trafficOf(rows(facts), AT).ports).toEqual([{ port: 443, reports: 500 }]);
    expect(trafficOf(rows(facts.slice(0, 500)), AT).ports).toHaveLength(2);
  });
});

describe('isToBeRead(before, now)', () => {
  const before: Detection = detection({ asOf: AT, episode: AT, traffic: { ...NO_TRAFFIC, asOf: AT } });
  const later = (hours: number, changes: Partial<Detection> = {}): Detection =>
    detection({ ...before, asOf: addMs(AT, hours * HOUR_MS), ...changes });

  it('if it opens, changes, or was not read yet', () => {
    expect(needsTraffic(null, later(0))).toBe(true);
    expect(needsTraffic(before, later(1, { episode: addMs(AT, HOUR_MS) }))).toBe(true);
    expect(needsTraffic(before, later(1, { revision: 2 }))).toBe(true);
    expect(needsTraffic({ ...before, traffic: NO_TRAFFIC }, later(1))).toBe(true);
  });

  it('and a day after the last look, else not', () => {
    expect(needsTraffic(before, later(0))).toBe(false);
    expect(needsTraffic(before, later(23))).toBe(false);
    expect(needsTraffic(before, later(24))).toBe(true);
  });
});
