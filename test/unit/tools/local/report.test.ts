import { describe, expect, it } from 'vitest';
import { NO_COUNTERS } from '../../../../src/reading/counters.ts';
import type { DetectionView } from '../../../../tools/local/outcome.ts';
import { seededBeaconsText, type Totals, totalsText } from '../../../../tools/local/report.ts';
import type { SeededBeacon } from '../../../../tools/sample/plan.ts';

const beacon = (device: string, process: string | null, expected: SeededBeacon['expected']): SeededBeacon => ({
  kind: 'beacon',
  device,
  process,
  remoteIP: '203.0.113.1',
  domain: null,
  ports: [443],
  intervalSeconds: 60,
  jitter: 0,
  hoursOn: 72,
  expected,
  why: '',
});
const detection = (DeviceName: string, InitiatingProcessFileName: string) =>
  ({ DeviceName, InitiatingProcessFileName, RemoteIP: '203.0.113.1' }) as DetectionView;

describe('seededBeaconsText(seededBeacons, detections)', () => {
  const beacons = [beacon('a', 'x.exe', 'found'), beacon('b', null, 'found'), beacon('c', 'y\u202e.exe', 'missed')];

  it('is as expected if each seeded beacon is; other detections do not matter', () => {
    const { text, isAsExpected } = seededBeaconsText(beacons, [
      detection('a', 'x.exe'),
      detection('b', ''),
      detection('d', 'z'),
    ]);
    expect(isAsExpected).toBe(true);
    expect(text).toBe(
      'Seeded beacons: found 2 of the 2 groups that the rule should find, and 0 of the 1 that it should not.\n',
    );
  });

  it('lists the differences', () => {
    const { text, isAsExpected } = seededBeaconsText(beacons, [detection('b', ''), detection('c', 'y\u202e.exe')]);
    expect(isAsExpected).toBe(false);
    expect(text).toBe(
      'Seeded beacons: found 1 of the 2 groups that the rule should find, and 1 of the 1 that it should not.\n' +
        '  not found: beacon: a, x.exe, 203.0.113.1\n' +
        '  found, but should not be: beacon: c, y\\u202e.exe, 203.0.113.1\n',
    );
  });
});

describe('totalsText(totals)', () => {
  const TOTALS: Totals = {
    uploaded: { exports: 2, appends: 9, bytes: 1_250_000 },
    outcome: {
      exports: 2,
      segments: 4,
      counters: { ...NO_COUNTERS, lines: 1234, reports: 56, deadLetters: 1 },
      refused: [],
      failed: [],
      unfinished: [],
      groups: 7,
      rows: 50,
      detections: 3,
    },
    notifications: 3,
    requests: [
      { operation: 'blob reads', functions: 12, host: 0, byFunction: { ingestQueued: 12 } },
      { operation: 'queue sends', functions: 1000, host: 1, byFunction: { sweepExports: 1000 } },
    ],
    seconds: 12.345,
  };

  it('has one line per count, and the requests by sender', () => {
    const text = totalsText(TOTALS);
    expect(text).toBe(
      [
        'exports                 2  1.3 MB in 9 appends',
        'segments                4',
        'lines               1,234',
        'reports                56  repeats included',
        'rows                   50  one per report, repeats once',
        'groups                  7',
        'dead letters            1',
        'detections              3',
        'notifications           3  webhooks received with a valid signature',
        '',
        'requests from   functions  local host',
        'blob reads             12           0',
        'queue sends         1,000           1',
        'total               1,012           1',
        '',
        '12.3 s in total',
        '',
      ].join('\n'),
    );
  });

  it('has no requests where none are asked for', () => {
    const lines = totalsText({ ...TOTALS, requests: [] }).split('\n');
    expect(lines.slice(-4)).toEqual([
      'notifications           3  webhooks received with a valid signature',
      '',
      '12.3 s in total',
      '',
    ]);
  });
});
