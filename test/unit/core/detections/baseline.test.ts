import { describe, expect, it } from 'vitest';
import {
  type BaselineState,
  baselineAfter,
  baselinePhaseOf,
  NO_BASELINE_YET,
  telemetryHoursOf,
} from '../../../../src/core/detections/baseline.ts';
import { noteBaseline } from '../../../../src/scoring/baseline_run.ts';
import { memoryStores } from '../../../fakes/stores.ts';
import { runAt } from './decision_cases.ts';

/** The phases of runs, hour by hour: of each whether it has context, and its hours of telemetry. */
function phasesOf(hours: number, runs: readonly (readonly [hasContext: boolean, telemetryHours: number])[]) {
  let state: BaselineState = NO_BASELINE_YET;
  return runs.map(([hasContext, telemetryHours], hour) => {
    const asOf = runAt(hour);
    state = baselineAfter(state, { asOf, hasContext, telemetryHours }, hours);
    expect(baselineAfter(state, { asOf, hasContext, telemetryHours }, hours)).toBe(state);
    return baselinePhaseOf(state, asOf, hours);
  });
}

describe('the baseline', () => {
  it('ends once with enough telemetry, and never begins again', () => {
    const runs = [
      [false, 5],
      [true, 6],
      [true, 23],
      [true, 24],
      [true, 25],
      [false, 1],
      [true, 2],
    ] as const;
    expect(phasesOf(24, runs)).toEqual(['lasts', 'lasts', 'lasts', 'ends', 'over', 'over', 'over']);
  });

  it('ends in the second run with context at the earliest, and only in a run with context', () => {
    expect(
      phasesOf(24, [
        [true, 60],
        [true, 60],
      ]),
    ).toEqual(['lasts', 'ends']);
    expect(
      phasesOf(24, [
        [true, 20],
        [false, 60],
        [true, 60],
      ]),
    ).toEqual(['lasts', 'lasts', 'ends']);
  });

  it('is over from the first run on where there is none, without a digest, also once it is asked for later', () => {
    expect(
      phasesOf(0, [
        [false, 1],
        [true, 2],
      ]),
    ).toEqual(['over', 'over']);
    const known = baselineAfter(NO_BASELINE_YET, { asOf: runAt(0), hasContext: false, telemetryHours: 1 }, 0);
    const later = baselineAfter(known, { asOf: runAt(1), hasContext: true, telemetryHours: 2 }, 24);
    expect(baselinePhaseOf(later, runAt(1), 24)).toBe('over');
  });
});

describe('noteBaseline(stores, run, hours)', () => {
  it('gives each repeat of a run the same phase, and a late run begins nothing again', async () => {
    const stores = memoryStores();
    const phase = async (hour: number, telemetryHours: number, hasContext = true) => {
      await noteBaseline(stores, { asOf: runAt(hour), hasContext, telemetryHours }, 24);
      return baselinePhaseOf(await stores.runs.baseline(), runAt(hour), 24);
    };
    const phases = [];
    for (const hour of [0, 1, 1, 2, 1, 0]) phases.push(await phase(hour, 24 + hour));
    expect(phases).toEqual(['lasts', 'ends', 'ends', 'over', 'ends', 'lasts']);
    expect(await phase(3, 1, false)).toBe('over');
  });
});

describe('telemetryHoursOf(reports)', () => {
  it.each<[string, number[], number]>([
    ['of no report is 0', [0, 0, 0], 0],
    ['of one hour is 1', [0, 7, 0], 1],
    ['counts quiet hours in between', [0, 10, 0, 10], 3],
    ['leaves out late reports: 5 of 100', [5, 0, 0, 0, 95], 1],
    ['counts more than these', [6, 0, 0, 0, 94], 5],
    ['of three full days is 69', Array.from({ length: 72 }, () => 100), 69],
  ])('%s', (_what, reports, hours) => expect(telemetryHoursOf(reports)).toBe(hours));
});
