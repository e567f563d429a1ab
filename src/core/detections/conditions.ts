import { highestValueFor, leastPointsFor } from '../regularity/explained_view.ts';
import {
  MAX_PROCESS_INTERVAL,
  MAX_SHARE,
  type MeasuredProcess,
  MIN_ADDRESSES,
  MIN_PROCESS_HOURS,
  type NotMeasuredProcess,
  type ProcessAssessment,
} from '../regularity/process_view.ts';
import { roundHalfEven } from '../regularity/round_half_even.ts';
import {
  isSession,
  MAX_SESSION_HOURS,
  MAX_SESSION_P,
  MIN_SESSION_HOURS,
  MIN_SESSION_MEAN,
  type Session,
} from '../regularity/session.ts';
import type { BinUnit } from '../regularity/time_bin.ts';
import { type View, type ViewName, viewScore } from '../regularity/view.ts';
import type { Grain } from '../scoring/series.ts';
import { groupedText, rateText, roundedText } from '../text/numbers.ts';
import type { Thresholds } from './assessments.ts';
import { rateUnit } from './rate_unit.ts';

/** One condition of a detector for one group: what was found against what was needed. For people; no text of the telemetry. */
export interface Condition {
  readonly name: string;
  readonly found: string;
  /** '' where nothing is compared. */
  readonly needed: string;
  /** null: it could not be judged. */
  readonly isMet: boolean | null;
}

/** The numbers that the KQL rule compares. */
export interface ComparedNumbers {
  readonly points: number;
  readonly average: number;
  readonly inliers: number;
}

/** The conditions of the KQL rule, in the order in which it applies them. All must hold. */
export function ruleConditions(
  { points, average, inliers }: ComparedNumbers,
  { minUniform, minAverage }: Pick<Thresholds, 'minUniform' | 'minAverage'>,
  grain: Grain,
): readonly Condition[] {
  const minimum = `at least ${roundedText(minUniform, 2)}`;
  return [
    { name: 'points', found: groupedText(points), needed: minimum, isMet: points >= minUniform },
    {
      name: 'average',
      found: `${roundedText(average, 2)} ${rateUnit(grain)}`,
      needed: `above ${roundedText(minAverage, 2)}`,
      isMet: average > minAverage,
    },
    { name: 'inliers', found: groupedText(inliers), needed: minimum, isMet: inliers >= minUniform },
  ];
}

const VIEWS: readonly ViewName[] = ['spread', 'steps', 'gaps'];

/**
 * The views of `regularity`. One of them must reach the score `match`. `unmeasured`: why a view is not among the measured
 * ones; empty where that is no longer known.
 */
export function viewConditions(
  measured: readonly View[],
  match: number,
  unmeasured: ReadonlyMap<ViewName, string> = new Map(),
): readonly Condition[] {
  return VIEWS.map((name) => {
    const view = measured.find((each) => each.name === name);
    if (view === undefined) {
      const reason = unmeasured.get(name);
      return {
        name,
        found: reason === undefined ? 'not measured' : `not measured: ${reason}`,
        needed: '',
        isMet: null,
      };
    }
    const { value, n, k } = view;
    const score = roundHalfEven(viewScore(view), 3);
    const highest = highestValueFor(n, k, match);
    return {
      name,
      found: `value ${value.toFixed(3)}, n ${roundedText(n, 1)}, K ${k}, score ${score.toFixed(3)}`,
      needed:
        highest === null
          ? `n of at least ${roundedText(leastPointsFor(k, match), 1)}, even for a perfect clock`
          : `a value of at most ${highest.toFixed(3)}`,
      isMet: score >= match,
    };
  });
}

/** The test of a short run: a second way to match, beside the views. `unit`: what its counts are of. */
export function sessionCondition(session: Session, unit: BinUnit = 'hour'): Condition {
  const { n, p, mean } = session;
  const hasLength = n >= MIN_SESSION_HOURS && n <= MAX_SESSION_HOURS;
  const isMeasured = hasLength && mean >= MIN_SESSION_MEAN;
  return {
    name: 'session',
    found: `${n} whole ${unit}s, ${rateText(n === 0 ? 0 : mean)} per ${unit}${isMeasured ? `, p ${p.toPrecision(2)}` : ''}`,
    needed: `${MIN_SESSION_HOURS} to ${MAX_SESSION_HOURS} ${unit}s, at least ${MIN_SESSION_MEAN} per ${unit}, p of at most ${MAX_SESSION_P}`,
    isMet: isSession(session),
  };
}

/** The conditions of the process view. `match`: the score that it needs. */
export function processConditions(assessment: ProcessAssessment, match: number): readonly Condition[] {
  if (!assessment.measured) return [UNMEASURED_PROCESS[assessment.reason]];
  return summedConditions(assessment, match);
}

/** The same of a process that was measured. */
export function summedConditions(
  { addresses, interval, measuredViews }: Pick<MeasuredProcess, 'addresses' | 'interval' | 'measuredViews'>,
  match: number,
): readonly Condition[] {
  return [
    ...viewConditions(measuredViews, match),
    { name: 'addresses', found: groupedText(addresses), needed: `at least ${MIN_ADDRESSES}`, isMet: true },
    {
      name: 'interval',
      found: `${groupedText(interval)} s`,
      needed: `at most ${groupedText(MAX_PROCESS_INTERVAL)} s`,
      isMet: interval <= MAX_PROCESS_INTERVAL,
    },
  ];
}

const UNMEASURED_PROCESS: Readonly<Record<NotMeasuredProcess['reason'], Condition>> = {
  'address-matches-by-itself': failed('addresses', 'one of them matches by itself', 'none that does'),
  'too-few-addresses': failed('addresses', 'fewer', `at least ${MIN_ADDRESSES} with a connection`),
  'one-address': failed('addresses', 'one has nearly all connections', `at most ${MAX_SHARE * 100} % for each`),
  'too-few-hours': failed('hours', 'fewer with a connection', `at least ${MIN_PROCESS_HOURS}`),
  'no-view': failed('views', 'none could be measured', 'one'),
};

function failed(name: string, found: string, needed: string): Condition {
  return { name, found, needed, isMet: false };
}
