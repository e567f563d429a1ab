import type { Origin } from '../harness/machine.ts';
import { type FalseRate, falseLooks, falseWeeks } from './false_rates.ts';
import { acceptancePlans, gridPlans } from './grid.ts';
import { IRREGULAR_KINDS } from './irregular.ts';
import { type RecallCell, RUNS, recallOf } from './recall.ts';
import { type RivalCell, type RivalFalseRate, rivalFalseLooks, rivalRecall } from './rivals/measure.ts';

/** What is measured on simulated groups, one at a time. */
export interface SyntheticResults {
  readonly origin: Origin;
  readonly seed: number;
  readonly recall: readonly RecallCell[];
  /** Groups without a clock: one look at each. */
  readonly looks: readonly FalseRate[];
  /** The same for a week of hourly looks; none in a small run. */
  readonly weeks: readonly FalseRate[];
  /** Other ways to find beacons; none in a small run. */
  readonly rivals: { readonly recall: readonly RivalCell[]; readonly looks: readonly RivalFalseRate[] };
}

/** How much is measured. `few`: what CI checks on every push, in some seconds. */
export type SyntheticSize = 'few' | 'all';

interface Amount {
  readonly plans: ReturnType<typeof gridPlans>;
  /** Groups of each kind. */
  readonly looks: number;
  readonly weeks: number;
  readonly rivals: number;
}

const AMOUNTS: Readonly<Record<SyntheticSize, () => Amount>> = {
  few: () => ({ plans: acceptancePlans(), looks: 5_000, weeks: 0, rivals: 0 }),
  all: () => ({ plans: gridPlans(), looks: 100_000, weeks: 3_000, rivals: 2_000 }),
};

/** The seed of the page and of CI. */
export const SEED = 11;

export function measureSynthetic(seed: number, size: SyntheticSize): Omit<SyntheticResults, 'origin'> {
  const { plans, looks, weeks, rivals } = AMOUNTS[size]();
  return {
    seed,
    recall: plans.map((plan) => recallOf(plan, seed, RUNS)),
    looks: IRREGULAR_KINDS.map((kind) => falseLooks(kind, looks, seed)),
    weeks: weeks === 0 ? [] : IRREGULAR_KINDS.map((kind) => falseWeeks(kind, weeks, seed)),
    rivals: {
      recall: rivals === 0 ? [] : rivalRecall(seed, RUNS),
      looks: rivals === 0 ? [] : rivalFalseLooks(seed, rivals),
    },
  };
}
