import { describe, expect, it } from 'vitest';
import { NO_COUNTERS } from '../../../../src/reading/counters.ts';
import type { DetectionView } from '../../../../tools/local/outcome.ts';
import { seededBeaconsText, totalsText } from '../../../../tools/local/report.ts';
import type { SeededBeacon } from '../../../../tools/sample/plan.ts';

const plant = (device: string, process: string | null, expected: SeededBeacon['expected']): SeededBeacon => ({
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

describe('plantedText(plants, detections)', () => {
  const plants = [plant('a', 'x.exe', 'found'), plant('b', null, 'found'), plant('c', 'y\u202e.exe', 'missed')];

  it('is as expected where what should be found is, and nothing else of the plants; others do not matter', () => {
    const { text, asExpected } = seededBeaconsText(plants, [
      detection('a', 'x.exe'),
      detection('b', ''),
      detection('d', 'z'),
    ]);
    expect(asExpected).toBe(true);
    expect(text).toBe(
      'Planted: 2 of the 2 groups that the rule should find are found, 0 of the 1 that it should not.\n',
    );
  });

  it('names what is not', () => {
    const { text, asExpected } = seededBeaconsText(plants, [detection('b', ''), detection('c', 'y\u202e.exe')]);
    expect(asExpected).toBe(false);
    expect(text).toBe(
      'Planted: 1 of the 2 groups that the rule should find are found, 1 of the 1 that it should not.\n' +
        '  not found: beacon: a, x.exe, 203.0.113.1\n' +
        '  found all the same: beacon: c, y\\u202e.exe, 203.0.113.1\n',
    );
  });
});

describe('totalsText(totals)', () => {
  it('is a line each, requests by who sent them', () => {
    const text = totalsText({
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
    });
    expect(text).toBe(
      [
        'exports                 2  1.3 MB in 9 appends',
        'segments                4',
        'lines               1,234',
        'reports                56  repeats among them',
        'rows                   50  a report each, repeats once',
        'groups                  7',
        'dead letters            1',
        'detections              3',
        'notifications           3  webhooks received, signature verified',
        '',
        'requests by     functions  local host',
        'blob reads             12           0',
        'queue sends         1,000           1',
        'together            1,012           1',
        '',
        '12.3 s in all',
        '',
      ].join('\n'),
    );
  });
});
