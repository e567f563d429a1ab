import { describe, expect, it } from 'vitest';
import type { Detection, Finding } from '../../../../src/core/detections/detection.ts';
import { thresholdsOf } from '../../../../src/core/detections/finding.ts';
import { isFresh, type LifecycleStep, matched, unmatched } from '../../../../src/core/detections/lifecycle.ts';
import { NO_TRAFFIC } from '../../../../src/core/detections/traffic.ts';
import type { Hour } from '../../../../src/core/kql/bin.ts';
import { HOUR_MS } from '../../../../src/core/kql/timespan.ts';
import { addMs, timestampOf } from '../../../../src/core/kql/timestamp.ts';
import { KQL_RULE } from '../../../../src/core/scoring/rule.ts';
import { windowOf } from '../../../../src/core/scoring/window.ts';
import { frozen } from '../records/records.ts';

const START = timestampOf('2026-11-20T12:00:00Z')!;

/** So many hours after the first run. */
const at = (hours: number) => addMs(START, hours * HOUR_MS);
const sight = (hours: number, suppressedBy = '') => frozen({ window: windowOf(at(hours), 3), suppressedBy });

const RULE = {
  FirstConnection: START as Hour,
  LastConnection: START as Hour,
  count_of_hours: 12,
  inliner_count: 12,
  outlier_count: 0,
  spread: 0.1,
  interval: null,
  lastMatched: START,
  evidence: {
    grain: 'hour' as const,
    Timestamp: [],
    ConnCounts: [],
    flags: [],
    scores: [],
    baseline: [],
    period: 0,
    omitted: 0,
    thresholds: thresholdsOf(KQL_RULE),
  },
};
const NO_HOURS = Array.from({ length: 72 }, () => null);

/** The finding of a run; `count` distinguishes findings. */
const finding = (count: number): Finding =>
  frozen({
    groupId: '0123456789abcdef0123456789abcdef',
    source: 'defender',
    DeviceName: 'wks-1',
    InitiatingProcessFileName: 'a.exe',
    RemoteIP: '203.0.113.1',
    FirstConnection: START as Hour,
    LastConnection: START as Hour,
    assessments: { 'kql-rule': { ...RULE, avg_conn_count: count, average: count }, regularity: null },
    devices: 1,
    fleetDevices: null,
    otherProcesses: [],
    hours: NO_HOURS,
    severity: 'medium',
    severityReason: 'Two signs.',
    technique: null,
    traffic: NO_TRAFFIC,
  });

const NOTHING: LifecycleStep = { kind: 'none' };

function detectionOf(step: LifecycleStep): Detection {
  if (step.kind === 'none') throw new Error('nothing to be written');
  return frozen(step.detection);
}

/** A detection as it stands after its first run, and after one that resolved it 72 hours later. */
const opened: Detection = frozen({
  ...finding(60),
  days: Array.from({ length: 30 }, () => null),
  state: 'new',
  episode: at(0),
  revision: 0,
  revisionReason: '',
  notifiedLevel: { average: 60, severity: 'medium' },
  highestAverage: 60,
  episodes: [],
  asOf: at(0),
  lastMatched: at(0),
  suppressedBy: '',
});
const ONGOING = { state: 'ongoing', asOf: at(1), lastMatched: at(1) } as const;
const resolved: Detection = frozen({ ...opened, state: 'resolved', asOf: at(72) });

describe('matched(before, finding, sight)', () => {
  it('opens what was never met', () => {
    expect(matched(null, finding(60), sight(0, 'ours'))).toEqual({
      kind: 'open',
      detection: { ...opened, suppressedBy: 'ours' },
    });
  });

  it('continues an earlier detection: the newest finding, the same episode and revision', () => {
    const before = frozen({ ...opened, revision: 2, suppressedBy: 'ours' });
    expect(matched(before, finding(70), sight(1))).toEqual({
      kind: 'update',
      detection: { ...before, ...finding(70), ...ONGOING, highestAverage: 70, suppressedBy: '' },
    });
  });

  it('opens a new episode of what was resolved', () => {
    const before = frozen({ ...resolved, revision: 2 });
    expect(matched(before, finding(70), sight(80))).toEqual({
      kind: 'update',
      detection: {
        ...opened,
        ...finding(70),
        episode: at(80),
        asOf: at(80),
        lastMatched: at(80),
        notifiedLevel: { average: 70, severity: 'medium' },
        highestAverage: 70,
        episodes: [{ episode: at(0), resolved: at(72), average: 60 }],
      },
    });
  });

  it('of the same run once more is the same row', () => {
    const ongoing = detectionOf(matched(opened, finding(70), sight(1)));
    const reopened = detectionOf(matched(resolved, finding(70), sight(80)));
    expect(detectionOf(matched(opened, finding(60), sight(0)))).toEqual(opened);
    expect(detectionOf(matched(ongoing, finding(70), sight(1)))).toEqual(ongoing);
    expect(detectionOf(matched(reopened, finding(70), sight(80)))).toEqual(reopened);
  });

  it('of a run that is older than the row is nothing', () => {
    expect(matched(opened, finding(70), sight(-1))).toEqual(NOTHING);
    expect(matched(resolved, finding(70), sight(71))).toEqual(NOTHING);
  });
});

describe('unmatched(before, sight)', () => {
  it('is nothing until the last match is a whole window and more ago', () => {
    expect(unmatched(opened, sight(1), true)).toEqual(NOTHING);
    expect(unmatched(opened, sight(72), true)).toEqual(NOTHING);
    const ongoing = detectionOf(matched(opened, finding(60), sight(50)));
    expect(unmatched(ongoing, sight(122), true)).toEqual(NOTHING);
    expect(unmatched(ongoing, sight(123), true).kind).toBe('update');
  });

  it('resolves what had no match for a whole window, and keeps all else', () => {
    const before = frozen({ ...opened, revision: 2, suppressedBy: 'ours' });
    const wanted = { kind: 'update', detection: { ...before, state: 'resolved', asOf: at(73) } };
    expect(unmatched(before, sight(73, 'ours'), true)).toEqual(wanted);
    expect(unmatched(before, sight(73, 'ours'), false)).toEqual(NOTHING);
  });

  it('of what is resolved is nothing', () => {
    expect(unmatched(resolved, sight(73), true)).toEqual(NOTHING);
    expect(unmatched(resolved, sight(100), true)).toEqual(NOTHING);
  });

  it('of a run that is older than the row is nothing', () => {
    const ahead = frozen({ ...opened, asOf: at(80) });
    expect(unmatched(ahead, sight(79), true)).toEqual(NOTHING);
    expect(unmatched(ahead, sight(80), true).kind).toBe('update');
  });
});

describe('isFresh(newest, asOf)', () => {
  it('is whether the newest report is at most six hours old', () => {
    expect(isFresh(at(-6), at(0))).toBe(true);
    expect(isFresh(addMs(at(-6), -1), at(0))).toBe(false);
    expect(isFresh(at(0), at(0))).toBe(true);
    expect(isFresh('', at(0))).toBe(false);
  });
});
