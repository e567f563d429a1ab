import fc from 'fast-check';
import { trafficLists } from '../../../src/core/detections/traffic.ts';
import type { Hour } from '../../../src/core/kql/bin.ts';
import { series_decompose_anomalies } from '../../../src/core/kql/series_decompose_anomalies.ts';
import type { Timestamp } from '../../../src/core/kql/timestamp.ts';
import { hoursOf } from '../../../src/core/scoring/hours.ts';
import { spreadOf } from '../../../src/core/scoring/spread.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import type { PageData, PageDetection } from '../../../src/web/page_data.ts';
import { byUrgency } from '../../../src/web/urgency.ts';
import { mulberry32 } from '../random.ts';
import { hostileText } from '../sinks/hostile.ts';

export const PAGE_WINDOW = windowOf('2026-11-29T07:00:00.0000000Z' as Timestamp, 3);
export const PAGE_HOURS: readonly Hour[] = hoursOf(PAGE_WINDOW);

/** A detection of both detectors: about 60 connections an hour, with hours off and an outlier here and there. */
export function pageDetection(seed: number, changes: Partial<PageDetection> = {}): PageDetection {
  const next = mulberry32(seed);
  const hours = PAGE_HOURS.map(() => (next() < 0.06 ? null : Math.round(60 + 2 * next() + (next() < 0.04 ? 60 : 0))));
  const known = PAGE_HOURS.flatMap((hour, index) => (hours[index] == null ? [] : [{ hour, count: hours[index] }]));
  const counts = known.map(({ count }) => count);
  const { ad_flag, ad_score, baseline } = series_decompose_anomalies(counts, 1.5, -1);
  const spread = spreadOf(counts, ad_flag);
  const outliers = ad_flag.filter((flag) => flag !== 0).length;
  const severity = (['high', 'medium', 'low'] as const)[seed % 3] ?? 'low';
  return {
    id: seed.toString(16).padStart(32, '0'),
    source: 'defender',
    DeviceName: `wks-${1000 + seed}.corp.example`,
    InitiatingProcessFileName: seed % 4 === 0 ? 'rundll32.exe' : `updater-${seed % 7}.exe`,
    RemoteIP: `203.0.113.${seed % 40}`,
    severity,
    severityReason: 'One device connects to a rare address.',
    known: null,
    kqlRule: {
      count_of_hours: counts.length,
      inliner_count: counts.length - outliers,
      outlier_count: outliers,
      average: counts.reduce((sum, count) => sum + count, 0) / counts.length,
      spread,
      interval: { seconds: 59.5, deviation: 59.5 * spread },
      grain: 'hour',
      points: known.map(({ hour, count }, index) => ({
        hour,
        count,
        expected: baseline[index] ?? 0,
        flag: ad_flag[index] ?? 0,
        // As in the evidence of a finding.
        score: Math.max(-1e9, Math.min(1e9, ad_score[index] ?? 0)),
      })),
      minUniform: 12,
      minAverage: 45,
      anomalyThreshold: 1.5,
    },
    regularity: {
      way: 'score',
      regularity: 0.914,
      view: (['spread', 'steps', 'gaps'] as const)[seed % 3] ?? 'spread',
      views: { spread: 0.031, steps: 0.027, gaps: 0.04 },
      interval: 60,
      interval_low: 55,
      interval_high: 65,
      unit: 'hour',
      hours: 72,
      active_hours: 69,
      connections: 4312,
      regularDevices: 1 + (seed % 3),
      session: { p: 1, n: 70, mean: 60 },
      minScore: 0.6,
      ripeScore: 0.7,
    },
    hours,
    days: [],
    devices: 1 + (seed % 3),
    fleetDevices: null,
    otherProcesses: [],
    account: seed % 5 === 0 ? '' : `user-${seed % 9}`,
    ports: [443],
    hosts: [],
    owner: '',
    onlyFailed: false,
    isNew: false,
    otherAddresses: [],
    traffic: null,
    queries: [{ label: 'Query for Defender', query: 'let device = "x";\nDeviceNetworkEvents' }],
    suppress: "beaconwatch suppress add --device=x --reason='why'",
    record: null,
    ...changes,
  };
}

export function pageData(detections: readonly PageDetection[]): PageData {
  return {
    window: PAGE_WINDOW,
    status: { isHealthy: true, title: 'Everything was read', parts: ['3 files'], notes: ['a note'] },
    detections: detections.toSorted(byUrgency),
    fleet: { devices: 40, few: 3, many: 10, common: 2 },
  };
}

/** Every text of the telemetry hostile, and each list with some. */
export const hostilePageDetection: fc.Arbitrary<PageDetection> = fc
  .record({
    seed: fc.nat(50),
    DeviceName: hostileText,
    InitiatingProcessFileName: hostileText,
    RemoteIP: hostileText,
    host: hostileText,
    other: hostileText,
    account: hostileText,
  })
  .map(({ seed, host, other, account, ...names }) =>
    pageDetection(seed, {
      ...names,
      hosts: [host],
      otherProcesses: [other],
      otherAddresses: [{ RemoteIP: other, connections: 3, hosts: [host] }],
      suppress: other,
      queries: [{ label: 'Query for Defender', query: `let device = "${host}";` }],
      traffic: {
        ...trafficLists(() => [account]),
        ...{ asOf: '', ports: [], succeeded: 1, failed: 2 },
        ...{ sha1: [host], urls: [host] },
      },
    }),
  );
