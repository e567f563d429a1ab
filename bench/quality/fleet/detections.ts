import { type DecisionState, decide, type RunFacts } from '../../../src/core/detections/decision.ts';
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { type Timestamp, timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import { WINDOW_HOURS } from '../simulated.ts';

/** Which detectors a system has. */
export type Setup = 'kql-rule' | 'regularity' | 'both';
export const SETUPS: readonly Setup[] = ['kql-rule', 'regularity', 'both'];

/** What one run knows of one group or process. */
export type GroupFacts = Omit<RunFacts, 'asOf' | 'countedRun' | 'notifiedFrom'>;

/** What became of a group or a process in one run. */
export interface RunOutcome {
  readonly opened: boolean;
  readonly notified: boolean;
}

const NOTHING: RunOutcome = { opened: false, notified: false };

interface Kept {
  readonly state: DecisionState;
  /** The newest run in which a match kept it open. */
  readonly lastKept: number;
}

/** The detections of one system: the product's decision for each of them, run by run. */
export class FleetDetections {
  readonly #setup: Setup;
  readonly #kept = new Map<number, Kept>();

  constructor(setup: Setup) {
    this.#setup = setup;
  }

  has(id: number): boolean {
    return this.#kept.has(id);
  }

  /** The next run of one group. */
  next(id: number, asOf: number, facts: GroupFacts): RunOutcome {
    const before = this.#kept.get(id) ?? null;
    const { state, keepsOpen } = decide(before?.state ?? null, this.#factsOf(asOf, facts));
    if (state === null) {
      this.#kept.delete(id);
      return NOTHING;
    }
    const lastKept = keepsOpen || before === null ? asOf : before.lastKept;
    if (asOf - lastKept >= WINDOW_HOURS) this.#kept.delete(id);
    else this.#kept.set(id, { state, lastKept });
    const isRevised = state.revision > (before?.state.revision ?? 0);
    return { opened: before === null, notified: isRevised && !facts.isBaseline && state.severity !== 'low' };
  }

  #factsOf(asOf: number, facts: GroupFacts): RunFacts {
    const { kqlRule, regularity } = facts;
    return {
      ...facts,
      kqlRule: this.#setup === 'regularity' ? null : kqlRule,
      regularity: regularity && { ...regularity, isActive: this.#setup !== 'kql-rule' },
      asOf: timeOf(asOf),
      countedRun: facts.hasContext ? timeOf(asOf - 1) : null,
      notifiedFrom: 'medium',
    };
  }
}

const TIMES = new Map<number, Timestamp>();

/** The time of an hour. */
function timeOf(hour: number): Timestamp {
  const known = TIMES.get(hour) ?? timestampFromMs(hour * HOUR_MS);
  TIMES.set(hour, known);
  return known;
}
