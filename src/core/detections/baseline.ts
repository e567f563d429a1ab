import type { Timestamp } from '../kql/timestamp.ts';

/**
 * How far the baseline of a tenant is: its first hours of telemetry are recorded, and no sink is notified. It stands with the
 * runs, not in the context, so a lost context does not begin it again.
 */
export interface BaselineState {
  /** The first run with context; '' for none yet. */
  readonly firstContext: Timestamp | '';
  /** The run that ended it, for good; '' while it lasts. */
  readonly ended: Timestamp | '';
}

export const NO_BASELINE_YET: BaselineState = { firstContext: '', ended: '' };

/** Of two states that runs note, what was first is kept: a run that is late begins nothing again. */
export function joinedBaseline(before: BaselineState, next: BaselineState): BaselineState {
  return { firstContext: before.firstContext || next.firstContext, ended: before.ended || next.ended };
}

/** `ends`: this run ends it, and what is pending in it goes into one digest per sink. */
export type BaselinePhase = 'lasts' | 'ends' | 'over';

/** A run, as the baseline sees it. */
export interface BaselineRun {
  readonly asOf: Timestamp;
  readonly hasContext: boolean;
  readonly telemetryHours: number;
}

/**
 * The baseline after a run. It ends in the first run with context that has `baselineHours` of telemetry, at the earliest in the
 * second run with context: in the first one, what `regularity` alone finds has only just opened. Without a baseline (0
 * hours) it is over from the first run on. Repeating a run changes nothing.
 */
export function baselineAfter(before: BaselineState, run: BaselineRun, baselineHours: number): BaselineState {
  const { asOf, hasContext, telemetryHours } = run;
  if (before.ended !== '') return before;
  if (baselineHours === 0) return { ...before, ended: asOf };
  if (!hasContext) return before;
  const { firstContext } = before;
  if (firstContext === '') return { ...before, firstContext: asOf };
  return telemetryHours >= baselineHours && asOf > firstContext ? { ...before, ended: asOf } : before;
}

/**
 * The phase of a run, from the state after it, or after a later run. A baseline of 0 hours ends without a digest.
 */
export function baselinePhaseOf({ ended }: BaselineState, asOf: Timestamp, baselineHours: number): BaselinePhase {
  if (baselineHours === 0) return 'over';
  if (ended === '' || asOf < ended) return 'lasts';
  return ended === asOf ? 'ends' : 'over';
}

/** Late reports must not end the baseline: of the newest reports this share counts. */
const COUNTED_SHARE = 0.95;

/**
 * Hours of telemetry: the span of the newest 95 % of the reports, in whole hours. `reports`: of each clock hour of the
 * window, the oldest first. `telemetryHoursOf([0, 1, 0, 10, 10])` is 2: the hours that hold 20 of 21 reports.
 */
export function telemetryHoursOf(reports: readonly number[]): number {
  const wanted = COUNTED_SHARE * reports.reduce((sum, number) => sum + number, 0);
  const newest = reports.findLastIndex((number) => number > 0);
  let counted = 0;
  for (let hour = newest; hour >= 0; hour--) {
    counted += reports[hour] as number;
    if (counted >= wanted) return newest - hour + 1;
  }
  return 0;
}
