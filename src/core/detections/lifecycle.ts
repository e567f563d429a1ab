import { msOf, type Timestamp } from '../kql/timestamp.ts';
import type { Window } from '../scoring/window.ts';
import { type Detection, type Finding, MAX_EPISODES, type PastEpisode } from './detection.ts';
import { revisionOf } from './revision.ts';

/** What a scoring run knows when it looks at one detection. */
export interface RunContext {
  readonly window: Window;
  /** The suppression that hides the group, '' for none. */
  readonly suppressedBy: string;
}

/** What is to be written: a row that is not there yet, columns of one that is, or nothing. */
export type LifecycleStep =
  | { readonly kind: 'open'; readonly detection: Detection }
  | { readonly kind: 'update'; readonly detection: Detection }
  | { readonly kind: 'none' };

/**
 * The next step in the life of a detection that matches in this run: it opens (a first time, or again as a new episode
 * after it was resolved), or goes on, with a change where that is worth telling. A run that is older than the row,
 * delivered late, changes nothing; the same run once more comes to the same row.
 */
export function matched(
  before: Detection | null,
  finding: Finding,
  { window, suppressedBy }: RunContext,
): LifecycleStep {
  const { asOf } = window;
  const seen = { ...finding, asOf, lastMatched: asOf, suppressedBy };
  if (before === null) return { kind: 'open', detection: { ...seen, ...openingOf(finding, asOf), episodes: [] } };
  if (before.asOf > asOf) return NOTHING;
  if (before.state === 'resolved') {
    const episodes = [...before.episodes, pastOf(before)].slice(-MAX_EPISODES);
    return { kind: 'update', detection: { ...seen, ...openingOf(finding, asOf), episodes } };
  }
  const { episode, episodes } = before;
  const state = episode === asOf ? 'new' : 'ongoing';
  const highestAverage = Math.max(before.highestAverage, finding.average);
  return {
    kind: 'update',
    detection: { ...seen, state, episode, episodes, highestAverage, ...revisionOf(before, finding) },
  };
}

function openingOf({ average, severity }: Finding, asOf: Timestamp) {
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

/** Of a detection that is resolved: the run that did it wrote the row last. */
function pastOf({ episode, asOf, highestAverage }: Detection): PastEpisode {
  return { episode, resolved: asOf, average: highestAverage };
}

/**
 * The next step of a detection that does not match in this run: it stays as it is, and only what hides it may be another,
 * until a whole window has gone by without a match, so that a group on the line does not flap; then it is resolved, unless
 * the data is not fresh.
 */
export function unmatched(before: Detection, { window, suppressedBy }: RunContext, fresh: boolean): LifecycleStep {
  const { asOf } = window;
  if (before.state === 'resolved' || before.asOf > asOf) return NOTHING;
  if (fresh && isOver(before, window))
    return { kind: 'update', detection: { ...before, state: 'resolved', asOf, suppressedBy } };
  if (before.suppressedBy === suppressedBy) return NOTHING;
  return { kind: 'update', detection: { ...before, asOf, suppressedBy } };
}

/** Whether it has not matched within the whole window. */
export function isOver({ lastMatched }: Detection, { after }: Window): boolean {
  return lastMatched < after;
}

/** Without a report of so recent a time the exporter is behind. */
export const FRESH_MS = 6 * 3_600_000;

/**
 * Whether the newest report is recent enough that silence means something: without one in the last six hours the
 * exporter is behind, and a run resolves nothing.
 */
export function isFresh(newest: Timestamp | '', asOf: Timestamp): boolean {
  return newest !== '' && msOf(asOf) - msOf(newest) <= FRESH_MS;
}

const NOTHING: LifecycleStep = { kind: 'none' };
