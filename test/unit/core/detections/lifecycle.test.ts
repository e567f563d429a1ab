import { describe, expect, it } from 'vitest';
import { type Detector, detectorsOf } from '../../../../src/core/detections/assessments.ts';
import type { RunFacts } from '../../../../src/core/detections/decision.ts';
import type { Detection, Finding } from '../../../../src/core/detections/detection.ts';
import { thresholdsOf } from '../../../../src/core/detections/finding.ts';
import {
  type GroupRun,
  isFresh,
  isOver,
  type LifecycleStep,
  lifeWindowOf,
  nextStep,
  resolvedStep,
} from '../../../../src/core/detections/lifecycle.ts';
import { NO_TRAFFIC } from '../../../../src/core/detections/traffic.ts';
import type { Hour } from '../../../../src/core/kql/bin.ts';
import { addMs } from '../../../../src/core/kql/timestamp.ts';
import { REGULARITY_THRESHOLDS } from '../../../../src/core/regularity/assessment.ts';
import { KQL_RULE } from '../../../../src/core/scoring/rule.ts';
import { regular } from '../../../support/detections.ts';
import { frozen } from '../records/records.ts';
import { quietRun, regularRun, runAt } from './decision_cases.ts';

/** So many hours after the first run. */
const at = runAt;
const START = at(0);
const MATCH = { severity: 'medium', severityReason: 'Two signs.', isHidden: false } as const;

/** A run in which the KQL rule matches. */
const sight = (hours: number, suppressedBy = '', changes: Partial<RunFacts> = {}): GroupRun =>
  frozen({
    facts: quietRun(hours, { kqlRule: MATCH, ...changes }),
    thresholds: REGULARITY_THRESHOLDS,
    suppressedBy,
  });
/** One in which nothing does. */
const quiet = (hours: number, suppressedBy = '') => sight(hours, suppressedBy, { kqlRule: null });
/** One in which `regularity` alone does. */
const regularSight = (hours: number, changes: Partial<RunFacts> = {}): GroupRun => ({
  ...sight(hours),
  facts: regularRun(hours, 0.9, changes),
});

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
    technique: null,
    traffic: NO_TRAFFIC,
    programHash: null,
    known: null,
  });

const NOTHING: LifecycleStep = { kind: 'none' };

function detectionOf(step: LifecycleStep): Detection {
  if (step.kind === 'none') throw new Error('nothing to be written');
  return frozen(step.detection);
}

const OPENED = 'It has just opened: its severity follows in the first run whose context counts it.';
const UNDECIDED: Detection['decision'] = {
  ...{ isDecided: false, isRipe: false, runsInARow: 0, highestSeverity: 'low', lastNotified: null },
};

/** A detection as it stands after its first run, and after one that resolved it 73 hours later. */
const opened: Detection = frozen({
  ...finding(60),
  ...{ severity: 'low', severityReason: OPENED },
  days: Array.from({ length: 30 }, () => null),
  state: 'new',
  episode: at(0),
  revision: 0,
  revisionReason: '',
  decision: UNDECIDED,
  highestAverage: 60,
  episodes: [],
  asOf: at(0),
  lastMatched: at(0),
  suppressedBy: '',
});
const ONGOING = { state: 'ongoing', asOf: at(1), lastMatched: at(1) } as const;
/** One of the KQL rule alone is one severity lower. */
const DECIDED = {
  ...{ severity: 'low', severityReason: 'Two signs; regularity does not match, so one severity lower.' },
  ...{ revision: 1, decision: { ...UNDECIDED, isDecided: true } },
} as const;
const over: Detection = frozen({ ...opened, state: 'resolved', asOf: at(73) });

describe('nextStep(before, finding, run) of a match', () => {
  it('names a LOLBin in the reason of its severity, once', () => {
    const mshta = { ...finding(60), InitiatingProcessFileName: 'mshta.exe' };
    const first = detectionOf(nextStep(null, mshta, sight(0)));
    expect(first.severityReason).toBe(`${OPENED} Attackers use this program (T1218.005).`);
    const again = detectionOf(nextStep(first, mshta, sight(0)));
    expect(again.severityReason).toBe(first.severityReason);
  });

  it('opens what was never met', () => {
    expect(nextStep(null, finding(60), sight(0, 'ours'))).toEqual({
      kind: 'open',
      detection: { ...opened, suppressedBy: 'ours' },
    });
  });

  it('continues an earlier detection: the newest finding, the same episode, and what is decided now', () => {
    const before = frozen({ ...opened, suppressedBy: 'ours' });
    expect(nextStep(before, finding(70), sight(1))).toEqual({
      kind: 'update',
      detection: { ...before, ...finding(70), ...ONGOING, ...DECIDED, highestAverage: 70, suppressedBy: '' },
    });
  });

  it('keeps the newest match of the detector that does not match in this run', () => {
    const only = (detector: Detector): Finding => {
      const both = { 'kql-rule': finding(60).assessments['kql-rule'], regularity: regular() };
      return frozen({
        ...finding(60),
        assessments: { 'kql-rule': null, regularity: null, [detector]: both[detector] },
      });
    };
    const first = detectionOf(nextStep(null, only('regularity'), regularSight(0)));
    expect(detectorsOf(first)).toEqual(['regularity']);
    const both = detectionOf(nextStep(first, only('kql-rule'), sight(1)));
    expect(detectorsOf(both)).toEqual(['kql-rule', 'regularity']);
    expect(both.assessments.regularity).toEqual(first.assessments.regularity);
  });

  it('opens a new episode of what was resolved', () => {
    const before = frozen({ ...over, revision: 2, decision: { ...UNDECIDED, isDecided: true, isRipe: true } });
    expect(nextStep(before, finding(70), sight(80))).toEqual({
      kind: 'update',
      detection: {
        ...opened,
        ...finding(70),
        episode: at(80),
        asOf: at(80),
        lastMatched: at(80),
        highestAverage: 70,
        episodes: [{ episode: at(0), resolved: at(73), average: 60 }],
      },
    });
  });

  it('of the same run once more is the same row', () => {
    const ongoing = detectionOf(nextStep(opened, finding(70), sight(1)));
    const reopened = detectionOf(nextStep(over, finding(70), sight(80)));
    expect(detectionOf(nextStep(opened, finding(60), sight(0)))).toEqual(opened);
    expect(detectionOf(nextStep(ongoing, finding(70), sight(1)))).toEqual(ongoing);
    expect(detectionOf(nextStep(reopened, finding(70), sight(80)))).toEqual(reopened);
  });

  it('of a run that is older than the row is nothing', () => {
    expect(nextStep(opened, finding(70), sight(-1))).toEqual(NOTHING);
    expect(nextStep(over, finding(70), sight(71))).toEqual(NOTHING);
  });

  it('of regularity alone without context opens nothing', () => {
    const finding72 = frozen({ ...finding(60), assessments: { 'kql-rule': null, regularity: regular() } });
    expect(nextStep(null, finding72, regularSight(0, { hasContext: false }))).toEqual(NOTHING);
    expect(nextStep(over, finding72, regularSight(80, { hasContext: false }))).toEqual(NOTHING);
  });
});

describe('nextStep(before, finding, run) of no match', () => {
  it('is nothing where neither what is decided nor its suppression changes', () => {
    expect(nextStep(opened, null, quiet(1))).toEqual(NOTHING);
    expect(nextStep(over, null, quiet(80, 'ours'))).toEqual(NOTHING);
    expect(nextStep(null, null, quiet(1))).toEqual(NOTHING);
    expect(nextStep(opened, null, quiet(1, 'ours'))).toEqual({
      kind: 'update',
      detection: { ...opened, asOf: at(1), suppressedBy: 'ours' },
    });
  });

  it('ends the runs in a row', () => {
    const row = frozen({ ...opened, decision: { ...UNDECIDED, runsInARow: 7 } });
    expect(nextStep(row, null, quiet(1))).toEqual({
      kind: 'update',
      detection: { ...opened, asOf: at(1), decision: UNDECIDED },
    });
  });

  it('of what is common is low, and no match: it opens nothing, and its last match stays', () => {
    const common = regularSight(1, { regularDevices: 11 });
    expect(nextStep(null, null, common)).toEqual(NOTHING);
    const { detection } = nextStep(frozen({ ...opened, severity: 'medium' }), null, common) as { detection: Detection };
    expect(detection).toMatchObject({ severity: 'low', lastMatched: at(0), asOf: at(1), state: 'new' });
    expect(detection.severityReason).toBe('Common: more than 10 devices are as regular.');
  });

  it('of a run that is older than the row is nothing', () => {
    const ahead = frozen({ ...opened, asOf: at(80) });
    expect(nextStep(ahead, null, quiet(79, 'ours'))).toEqual(NOTHING);
    expect(nextStep(ahead, null, quiet(80, 'ours')).kind).toBe('update');
  });
});

describe('resolvedStep(before, asOf, suppressedBy)', () => {
  it('keeps all else', () => {
    const before = frozen({ ...opened, revision: 2, suppressedBy: 'ours' });
    const wanted = { kind: 'update', detection: { ...before, state: 'resolved', asOf: at(73) } };
    expect(resolvedStep(before, at(73), 'ours')).toEqual(wanted);
  });

  it('of what is resolved, or has a newer row, is nothing', () => {
    expect(resolvedStep(over, at(100), '')).toEqual(NOTHING);
    expect(resolvedStep(frozen({ ...opened, asOf: at(80) }), at(79), '')).toEqual(NOTHING);
  });
});

describe('isOver(detection, life)', () => {
  it.each([
    [0.5, 72],
    [3, 72],
    [5, 120],
  ])('is once the longer window is past: LOOKBACK_DAYS %d, %d hours', (lookbackDays, hours) => {
    expect(isOver(opened, lifeWindowOf(at(hours), lookbackDays))).toBe(false);
    expect(isOver(opened, lifeWindowOf(at(hours + 1), lookbackDays))).toBe(true);
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
