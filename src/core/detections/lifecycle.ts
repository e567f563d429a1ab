import { HOUR_MS } from '../kql/timespan.ts';
import { msOf, type Timestamp } from '../kql/timestamp.ts';
import type { RegularityThresholds } from '../regularity/assessment.ts';
import { REGULARITY_DAYS } from '../regularity/time_bin.ts';
import { type Window, windowOf } from '../scoring/window.ts';
import { activityDaysOf } from './activity.ts';
import type { Assessments } from './assessments.ts';
import { decide, decidedMembersOf, type RunFacts, stateOf } from './decision.ts';
import { type Detection, type Finding, MAX_EPISODES, type PastEpisode } from './detection.ts';
import { withLolbin } from './lolbins.ts';

/** What a run says of one group, beside its finding. */
export interface GroupRun {
  readonly facts: RunFacts;
  readonly thresholds: RegularityThresholds;
  /** Id of the suppression that applies to the group, '' for none. */
  readonly suppressedBy: string;
}

/** The write that follows: a new row, columns of an existing row, or none. */
export type LifecycleStep =
  | { readonly kind: 'open'; readonly detection: Detection }
  | { readonly kind: 'update'; readonly detection: Detection }
  | { readonly kind: 'none' };

/**
 * The next step of the detection of a group in this run, by `decide`. Where a detector matches in a way that keeps it open, it
 * opens (for the first time, or as a new episode after it was resolved) or continues with the finding. Where none does
 * (`finding` may be null then), at most what was decided and its suppression change. A run older than the row changes
 * nothing. Repeating a run gives the same row.
 */
export function nextStep(before: Detection | null, finding: Finding | null, run: GroupRun): LifecycleStep {
  const { facts, thresholds, suppressedBy } = run;
  const { asOf } = facts;
  if (before !== null && before.asOf > asOf) return NOTHING;
  const open = before?.state === 'resolved' ? null : before;
  const stateBefore = open && stateOf(open);
  const { state, keepsOpen } = decide(stateBefore, facts, thresholds);
  if (state === null) return NOTHING;
  if (finding === null || !keepsOpen) {
    const isSame = open === null || (state === stateBefore && open.suppressedBy === suppressedBy);
    return isSame
      ? NOTHING
      : { kind: 'update', detection: { ...open, ...decidedMembersOf(state), asOf, suppressedBy } };
  }
  const known = before && { days: before.days, asOf: before.lastMatched };
  const days = activityDaysOf(asOf, finding.hours, known);
  const decided = decidedMembersOf(state);
  const severityReason = withLolbin(decided.severityReason, finding.InitiatingProcessFileName);
  const now = { ...finding, ...decided, severityReason, days, asOf, lastMatched: asOf, suppressedBy };
  if (open === null) {
    const episodes = before === null ? [] : [...before.episodes, pastOf(before)].slice(-MAX_EPISODES);
    const detection = { ...now, state: 'new', highestAverage: averageOf(finding), episodes } as const;
    return { kind: before === null ? 'open' : 'update', detection };
  }
  return {
    kind: 'update',
    detection: {
      ...now,
      assessments: joinedAssessments(open.assessments, finding.assessments),
      state: state.episode === asOf ? 'new' : 'ongoing',
      highestAverage: higherOf(open.highestAverage, averageOf(finding)),
      episodes: open.episodes,
    },
  };
}

/** A detector that does not match in this run keeps its newest match of the episode. */
export function joinedAssessments(before: Assessments, now: Assessments): Assessments {
  return {
    'kql-rule': now['kql-rule'] ?? before['kql-rule'],
    regularity: now.regularity ?? before.regularity,
  };
}

function averageOf({ assessments }: Finding): number | null {
  return assessments['kql-rule']?.average ?? null;
}

function higherOf(a: number | null, b: number | null): number | null {
  return a === null ? b : Math.max(a, b ?? a);
}

/** The run that resolved the detection was the last to write the row, so `asOf` is its time. */
function pastOf({ episode, asOf, highestAverage }: Detection): PastEpisode {
  return { episode, resolved: asOf, average: highestAverage };
}

/** The step that resolves a detection, once it is over. A run older than the row changes nothing. */
export function resolvedStep(before: Detection, asOf: Timestamp, suppressedBy: string): LifecycleStep {
  if (before.state === 'resolved' || before.asOf > asOf) return NOTHING;
  return { kind: 'update', detection: { ...before, state: 'resolved', asOf, suppressedBy } };
}

/** The span without a match after which a detection is over: the longer one of the windows of both detectors. */
export function lifeWindowOf(asOf: Timestamp, lookbackDays: number): Window {
  return windowOf(asOf, Math.max(REGULARITY_DAYS, lookbackDays));
}

/**
 * Whether a whole window has passed without a match, so that a group near a threshold does not flap. A run resolves such a
 * detection if the data is fresh. `life`: `lifeWindowOf` the run.
 */
export function isOver({ lastMatched }: Pick<Detection, 'lastMatched'>, life: Window): boolean {
  return lastMatched < life.after;
}

/** Where the newest report is older than this, the exporter is behind. */
export const FRESH_MS = 6 * HOUR_MS;

/**
 * Whether the newest report is at most six hours old. Otherwise the exporter is behind, missing reports prove nothing,
 * and a run resolves nothing.
 */
export function isFresh(newest: Timestamp | '', asOf: Timestamp): boolean {
  return newest !== '' && msOf(asOf) - msOf(newest) <= FRESH_MS;
}

const NOTHING: LifecycleStep = { kind: 'none' };
