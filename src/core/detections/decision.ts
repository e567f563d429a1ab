import type { Timestamp } from '../kql/timestamp.ts';
import { REGULARITY_THRESHOLDS, type RegularityThresholds } from '../regularity/assessment.ts';
import { roundedText } from '../text/numbers.ts';
import type { DecisionMemory, Detection, NotifiedRhythm, Severity } from './detection.ts';
import {
  type FleetFacts,
  isAbove,
  type KqlRuleMatch,
  type RegularityFacts,
  type SeverityAndReason,
  severityInFleet,
} from './severity.ts';

/** The part of a detection that decides about severity and notification. It is kept from run to run, for one episode. */
export type DecisionState = DecisionMemory & DecidedMembers;

type DecidedMembers = Pick<
  Detection,
  'episode' | 'asOf' | 'severity' | 'severityReason' | 'revision' | 'revisionReason'
>;

/** The part of a detection that decides. */
export function stateOf(detection: DecidedMembers & Pick<Detection, 'decision'>): DecisionState {
  const { episode, asOf, severity, severityReason, revision, revisionReason, decision } = detection;
  return { episode, asOf, severity, severityReason, revision, revisionReason, ...decision };
}

/** The members of a detection that say what was decided, without its newest run. */
export function decidedMembersOf(state: DecisionState): Omit<DecidedMembers, 'asOf'> & Pick<Detection, 'decision'> {
  const { episode, severity, severityReason, revision, revisionReason } = state;
  const { isDecided, isRipe, runsInARow, highestSeverity, lastNotified } = state;
  const decision = { isDecided, isRipe, runsInARow, highestSeverity, lastNotified };
  return { episode, severity, severityReason, revision, revisionReason, decision };
}

/** One run, as one detection sees it. */
export interface RunFacts extends FleetFacts {
  readonly asOf: Timestamp;
  /** Whether the run has a context that counts the run before. */
  readonly hasContext: boolean;
  /** The run of this partition that the context counts; null where it has none of this partition. */
  readonly countedRun: Timestamp | null;
  readonly isBaseline: boolean;
  /** null where it does not match. */
  readonly kqlRule: KqlRuleMatch | null;
  /** null where it cannot be measured. */
  readonly regularity: RegularityFacts | null;
  /** The lowest severity that a sink takes of this detection; null without such a sink. */
  readonly notifiedFrom: Severity | null;
}

/**
 * The line of the table that applies to a run.
 *
 * - `counted`: the row knows this run already, or a later one.
 * - `uncounted`: the context does not count a run in which the detection was open.
 * - `fleet`: its severity follows from the detectors and the fleet.
 */
export type DecisionLine =
  | 'counted'
  | 'no-match'
  | 'no-context'
  | 'common'
  | 'baseline'
  | 'opening'
  | 'uncounted'
  | 'fleet';

export interface Decision {
  readonly line: DecisionLine;
  /** null: there is no detection. */
  readonly state: DecisionState | null;
  /** Whether a detector matched in a way that keeps the detection open. What `regularity` finds and is common does not. */
  readonly keepsOpen: boolean;
}

/** Runs in a row that make a detection ripe whose score stays below that of `ripe`. */
const RIPE_RUNS = 24;
/** Score from which on an interval is precise enough for a comparison. */
const PRECISE_SCORE = 0.8;
/** Times that an interval must have grown or shrunk for a new revision. */
const CHANGED_FACTOR = 2;

/**
 * The next state of a detection after a run. `before` is null for a group without a detection, and for a resolved one: a
 * detection that opens again begins again. Repeating a run changes nothing, and neither does a run that is older than the
 * state. A run in which nothing matches gives the same object where nothing changes.
 */
export function decide(
  before: DecisionState | null,
  run: RunFacts,
  thresholds: RegularityThresholds = REGULARITY_THRESHOLDS,
): Decision {
  const keepsOpen = run.kqlRule !== null || (isRegular(run) && !isCommon(run));
  if (before !== null && before.asOf >= run.asOf) return { line: 'counted', state: before, keepsOpen };
  const line = lineOf(before, run);
  const ripeness = ripenessOf(before, run, thresholds);
  if (line === 'no-match') return { line, state: before && withoutMatch(before, run.asOf, ripeness), keepsOpen };
  const judged = severityBy(line, before, run, ripeness.isRipe);
  if (judged === null) return { line, state: null, keepsOpen };
  const state = before === null ? opened(run, judged, ripeness) : continued(before, run, judged, ripeness);
  return { line, state, keepsOpen };
}

/** The lines of the table, in order: the first that fits applies. */
function lineOf(before: DecisionState | null, run: RunFacts): Exclude<DecisionLine, 'counted'> {
  if (run.kqlRule === null && !isRegular(run)) return 'no-match';
  if (!run.hasContext) return 'no-context';
  if (isCommon(run)) return 'common';
  if (run.isBaseline) return 'baseline';
  if (before === null) return 'opening';
  return before.isDecided || isCounted(before, run) ? 'fleet' : 'uncounted';
}

/** Whether `regularity` is a detector of this system and matches. */
function isRegular({ regularity }: RunFacts): boolean {
  return regularity?.isActive === true && regularity.way !== null;
}

function isCommon({ hasContext, regularDevices, many }: RunFacts): boolean {
  return hasContext && regularDevices > many;
}

/** Whether the context counts a run in which the detection was open. */
function isCounted({ episode }: DecisionState, { hasContext, countedRun }: RunFacts): boolean {
  return hasContext && countedRun !== null && countedRun >= episode;
}

type Ripeness = Pick<DecisionState, 'isRipe' | 'runsInARow'>;

function ripenessOf(before: DecisionState | null, run: RunFacts, { match, ripe }: RegularityThresholds): Ripeness {
  const { regularity } = run;
  if (regularity === null || !isRegular(run)) return { isRipe: before?.isRipe ?? false, runsInARow: 0 };
  const { score, way } = regularity;
  const runsInARow = score >= match ? (before?.runsInARow ?? 0) + 1 : 0;
  const isRipe = before?.isRipe || way === 'session' || score >= ripe || runsInARow >= RIPE_RUNS;
  return { isRipe, runsInARow };
}

function withoutMatch(before: DecisionState, asOf: Timestamp, { runsInARow }: Ripeness): DecisionState {
  return before.runsInARow === runsInARow ? before : { ...before, asOf, runsInARow };
}

/** The severity that a line gives; null where it gives no detection. */
function severityBy(
  line: Exclude<DecisionLine, 'counted' | 'no-match'>,
  before: DecisionState | null,
  run: RunFacts,
  isRipe: boolean,
): SeverityAndReason | null {
  switch (line) {
    case 'no-context': {
      if (before !== null) return { severity: before.severity, severityReason: NO_CONTEXT_KEPT };
      return run.kqlRule === null ? null : { severity: 'low', severityReason: NO_CONTEXT };
    }
    case 'common':
      return before === null && run.kqlRule === null ? null : severityInFleet(run, isRipe);
    case 'baseline':
      return { severity: 'low', severityReason: BASELINE };
    case 'opening':
      return { severity: 'low', severityReason: OPENED };
    case 'uncounted':
      return { severity: before?.severity ?? 'low', severityReason: OPENED };
    case 'fleet':
      return severityInFleet(run, isRipe);
  }
}

const NO_CONTEXT = 'No context yet: this run cannot compare it with the other devices.';
const NO_CONTEXT_KEPT =
  'No context yet: this run cannot compare it with the other devices, so its severity stays as it was.';
const BASELINE = 'Baseline: the first hours of telemetry are recorded, and no sink is notified.';
const OPENED = 'It has just opened: its severity follows in the first run whose context counts it.';

function opened(run: RunFacts, judged: SeverityAndReason, ripeness: Ripeness): DecisionState {
  return {
    ...{ episode: run.asOf, asOf: run.asOf, ...judged, isDecided: false, ...ripeness },
    ...{ highestSeverity: judged.severity, revision: 0, revisionReason: '', lastNotified: null },
  };
}

function continued(before: DecisionState, run: RunFacts, judged: SeverityAndReason, ripeness: Ripeness): DecisionState {
  const isDecided = before.isDecided || isCounted(before, run);
  const reason = isDecided ? revisionReasonOf(before, run, judged) : null;
  const next = {
    ...{ episode: before.episode, asOf: run.asOf, ...judged, isDecided, ...ripeness },
    highestSeverity: isAbove(judged.severity, before.highestSeverity) ? judged.severity : before.highestSeverity,
    revision: before.revision + (reason === null ? 0 : 1),
    revisionReason: reason ?? before.revisionReason,
  };
  return { ...next, lastNotified: lastNotifiedOf(before, next, run) };
}

/** The reason for a new revision; '' for the decision itself, null for none. */
function revisionReasonOf(before: DecisionState, run: RunFacts, { severity }: SeverityAndReason): string | null {
  if (!before.isDecided) return '';
  if (isAbove(severity, before.highestSeverity)) {
    return `The severity rose to ${severity} (highest before: ${before.highestSeverity}).`;
  }
  const { lastNotified } = before;
  const rhythm = rhythmOf(run);
  if (lastNotified === null || rhythm === null || !run.hasContext || !isNotified(severity, run)) return null;
  if (Math.min(rhythm.score, lastNotified.score) < PRECISE_SCORE) return null;
  const isChanged =
    rhythm.interval >= CHANGED_FACTOR * lastNotified.interval ||
    lastNotified.interval >= CHANGED_FACTOR * rhythm.interval;
  if (!isChanged) return null;
  return `The time between connections changed to ${secondsText(rhythm)} (last notified: ${secondsText(lastNotified)}).`;
}

function secondsText({ interval }: NotifiedRhythm): string {
  return `${roundedText(interval, 0)} s`;
}

/** What a sink is notified of in this run, or was before. */
function lastNotifiedOf(
  before: DecisionState,
  now: Omit<DecisionState, 'lastNotified'>,
  run: RunFacts,
): NotifiedRhythm | null {
  const isFirst = now.isDecided && before.lastNotified === null;
  const isNew = isFirst || now.revision > before.revision;
  return isNew && isNotified(now.severity, run) ? (rhythmOf(run) ?? before.lastNotified) : before.lastNotified;
}

function rhythmOf(run: RunFacts): NotifiedRhythm | null {
  const { regularity } = run;
  if (regularity === null || !isRegular(run) || regularity.isHidden) return null;
  return { interval: regularity.interval, score: regularity.score };
}

function isNotified(severity: Severity, { isBaseline, notifiedFrom }: RunFacts): boolean {
  return !isBaseline && notifiedFrom !== null && !isAbove(notifiedFrom, severity);
}
