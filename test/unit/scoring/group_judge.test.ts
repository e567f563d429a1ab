import { describe, expect, it } from 'vitest';
import type { Detection } from '../../../src/core/detections/detection.ts';
import type { MeasuredProcess } from '../../../src/core/regularity/process_view.ts';
import type { RegularProcess } from '../../../src/scoring/context/process_views.ts';
import { GroupJudge, type JudgeSettings } from '../../../src/scoring/group_judge.ts';
import { processIdOf } from '../../../src/storage/keys.ts';
import { detection } from '../../contract/samples.ts';
import { onlyRegular, regular } from '../../support/detections.ts';
import { fleetAt, NO_BASELINE } from '../../support/scoring/fleet.ts';
import { at, RULE, sinkState } from '../../support/scoring/tenant.ts';

const EPISODE = at(10);

function judgeWith(changes: Partial<JudgeSettings>): GroupJudge {
  return new GroupJudge({
    ...{ asOf: at(20), countedRun: at(19), rule: RULE, technique: null, detection: NO_BASELINE },
    ...{ fleet: fleetAt(at(20)), sinks: [], suppressedBy: () => '', ...changes },
  });
}

const KEY = { source: 'defender', DeviceName: 'wks-1', InitiatingProcessFileName: 'rotate.exe' } as const;
const { session: _session, lastMatched: _last, remoteIPs: _ips, regularDevices: _devices, ...numbers } = regular();
const assessment: MeasuredProcess = { ...numbers, measured: true, way: 'process', addresses: 2 };
const process: RegularProcess = {
  ...{ kind: 'regular', ...KEY, groupId: processIdOf(KEY), assessment, newest: [], counts: [], isNew: false },
  addresses: ['203.0.113.1', '203.0.113.2'].map((RemoteIP) => ({ RemoteIP, connections: 400 })),
};

it('keeps the threshold of the settings with a process that matches', () => {
  const settings = { ...NO_BASELINE, thresholds: { ...NO_BASELINE.thresholds, match: 0.45 } };
  const { finding } = judgeWith({ detection: settings }).process(process);
  expect(finding?.assessments.regularity).toMatchObject({ threshold: 0.45 });
});

describe('the lowest severity that a sink takes', () => {
  const open = (changes: Partial<Detection> = {}) => detection({ state: 'ongoing', episode: EPISODE, ...changes });
  const notifiedFrom = (sinks: JudgeSettings['sinks'], before: Detection) =>
    judgeWith({ sinks }).quiet(before).facts.notifiedFrom;

  it('is that of the sinks that were there when it opened: later ones are not notified of it', () => {
    const early = sinkState('early', { since: EPISODE, minSeverity: 'high' });
    const late = sinkState('late', { since: at(11), minSeverity: 'low' });
    expect(notifiedFrom([early, late], open())).toBe('high');
    expect(notifiedFrom([late], open())).toBeNull();
  });

  it('is that of the sinks for a detector of the episode, also where another one matches now', () => {
    const sinks = [sinkState('soc', { since: EPISODE, minSeverity: 'medium', detectors: ['kql-rule'] })];
    const { runOf } = judgeWith({ sinks }).process(process);
    expect(runOf(open()).facts.notifiedFrom).toBe('medium');
    expect(runOf(onlyRegular(open())).facts.notifiedFrom).toBeNull();
    // A new episode has its own detectors.
    expect(runOf(open({ state: 'resolved' })).facts.notifiedFrom).toBeNull();
  });

  it('is none while it is suppressed', () => {
    const sinks = [sinkState('soc', { since: EPISODE })];
    const run = judgeWith({ sinks, suppressedBy: () => 's-1' })
      .process(process)
      .runOf(open());
    expect([run.suppressedBy, run.facts.notifiedFrom]).toEqual(['s-1', null]);
  });
});
