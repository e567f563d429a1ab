import type { DecisionState, RunFacts } from '../../../../src/core/detections/decision.ts';
import { HOUR_MS } from '../../../../src/core/kql/timespan.ts';
import { addMs, type Timestamp, timestampOf } from '../../../../src/core/kql/timestamp.ts';

const START = timestampOf('2026-11-20T12:00:00Z')!;

/** The end of the window of a run, so many hours after the first. */
export function runAt(hour: number): Timestamp {
  return addMs(START, hour * HOUR_MS);
}

/** A run in which nothing matches, in a fleet of 200 devices whose context counts the run before. */
export function quietRun(hour: number, changes: Partial<RunFacts> = {}): RunFacts {
  return {
    ...{ asOf: runAt(hour), hasContext: true, countedRun: runAt(hour - 1), isBaseline: false },
    ...{
      kqlRule: null,
      regularity: null,
      regularDevices: 1,
      isNew: false,
      isEstablished: false,
      isShared: false,
      known: null,
      few: 3,
      many: 10,
      notifiedFrom: 'medium',
    },
    ...changes,
  };
}

/** A run in which `regularity` matches by its score. */
export function regularRun(hour: number, score: number, changes: Partial<RunFacts> = {}): RunFacts {
  const found = { score, way: 'score', interval: 300, onlyFailed: false, isActive: true, isHidden: false } as const;
  return quietRun(hour, { regularity: found, ...changes });
}

/** What a sink with all severities from `from` on is still to receive. */
export function isToSend(state: DecisionState, from: RunFacts['notifiedFrom'], isBaseline: boolean): boolean {
  const order = ['low', 'medium', 'high'];
  return state.isDecided && !isBaseline && from !== null && order.indexOf(state.severity) >= order.indexOf(from);
}
