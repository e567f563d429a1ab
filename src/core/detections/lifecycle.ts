import { HOUR_MS } from '../kql/timespan.ts';
import { msOf, type Timestamp } from '../kql/timestamp.ts';
import type { Window } from '../scoring/window.ts';
import { activityDaysOf } from './activity.ts';
import type { Assessments } from './assessments.ts';
import { type Detection, type Finding, MAX_EPISODES, type PastEpisode } from './detection.ts';
import { revisionOf } from './revision.ts';

/** The context of a scoring run for one detection. */
export interface RunContext {
  readonly window: Window;
  /** Id of the suppression that applies to the group, '' for none. */
  readonly suppressedBy: string;
}

/** The write that follows: a new row, columns of an existing row, or none. */
export type LifecycleStep =
  | { readonly kind: 'open'; readonly detection: Detection }
  | { readonly kind: 'update'; readonly detection: Detection }
  | { readonly kind: 'none' };

/**
 * The next step of a detection that matches in this run. It opens (for the first time, or as a new episode after it was
 * resolved), or it continues, with a new revision where `revisionOf` finds a reason. A run older than the row changes
 * nothing. Repeating a run gives the same row.
 */
export function matched(
  before: Detection | null,
  finding: Finding,
  { window, suppressedBy }: RunContext,
): LifecycleStep {
  const { asOf } = window;
  if (before !== null && before.asOf > asOf) return NOTHING;
  const known = before && { days: before.days, asOf: before.lastMatched };
  const days = activityDaysOf(asOf, finding.hours, known);
  const seen = { ...finding, days, asOf, lastMatched: asOf, suppressedBy };
  if (before === null) return { kind: 'open', detection: { ...seen, ...openingOf(finding, asOf), episodes: [] } };
  if (before.state === 'resolved') {
    const episodes = [...before.episodes, pastOf(before)].slice(-MAX_EPISODES);
    return { kind: 'update', detection: { ...seen, ...openingOf(finding, asOf), episodes } };
  }
  const { episode, episodes } = before;
  const state = episode === asOf ? 'new' : 'ongoing';
  const assessments = joinedAssessments(before.assessments, finding.assessments);
  const highestAverage = higherOf(before.highestAverage, averageOf(finding));
  return {
    kind: 'update',
    detection: { ...seen, assessments, state, episode, episodes, highestAverage, ...revisionOf(before, finding) },
  };
}

/** A detector that does not match in this run keeps its newest match of the episode. */
function joinedAssessments(before: Assessments, now: Assessments): Assessments {
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

function openingOf(finding: Finding, asOf: Timestamp) {
  const { severity } = finding;
  const average = averageOf(finding);
  const notifiedLevel = { average, severity };
  return {
    state: 'new',
    episode: asOf,
    revision: 0,
    revisionReason: '',
    notifiedLevel,
    highestAverage: average,
  } as const;
}

/** The run that resolved the detection was the last to write the row, so `asOf` is its time. */
function pastOf({ episode, asOf, highestAverage }: Detection): PastEpisode {
  return { episode, resolved: asOf, average: highestAverage };
}

/**
 * The next step of a detection that does not match in this run. It is resolved after a whole window without a match, so
 * that a group near the threshold does not flap, and only if the data is fresh. Until then at most its suppression
 * changes.
 */
export function unmatched(before: Detection, { window, suppressedBy }: RunContext, fresh: boolean): LifecycleStep {
  const { asOf } = window;
  if (before.state === 'resolved' || before.asOf > asOf) return NOTHING;
  if (fresh && isOver(before, window))
    return { kind: 'update', detection: { ...before, state: 'resolved', asOf, suppressedBy } };
  if (before.suppressedBy === suppressedBy) return NOTHING;
  return { kind: 'update', detection: { ...before, asOf, suppressedBy } };
}

/** Whether a whole window has passed without a match. */
export function isOver({ lastMatched }: Detection, { after }: Window): boolean {
  return lastMatched < after;
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
