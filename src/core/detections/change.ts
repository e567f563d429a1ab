import type { Detection, Finding } from './detection.ts';
import { rateText } from '../text/rate.ts';
import { isAbove } from './severity.ts';

/** Times what was told before from which on an average is news. */
export const NEWSWORTHY = 2;

type Change = Pick<Detection, 'change' | 'changeReason' | 'told'>;

/**
 * What a run that matches again makes of a detection's change: one more, with its reason, where somebody who was told of
 * the detection should be told again; else what it was.
 *
 * - The average has doubled, against the highest that was told in this episode.
 * - The severity has risen to `high`.
 *
 * Nothing flaps: what was told only rises, so a level is told once in an episode, however often it is left and reached
 * again. And nothing changes by the passing of time alone: without a report of a later hour than the row has, points
 * that leave the window may raise a mean, but nobody has done anything new.
 */
export function changeOf(before: Detection, finding: Finding): Change {
  const { change, changeReason, told } = before;
  const reason = finding.LastConnection > before.LastConnection ? reasonOf(told, finding) : '';
  if (reason === '') return { change, changeReason, told };
  const severity = isAbove(finding.severity, told.severity) ? finding.severity : told.severity;
  return {
    change: change + 1,
    changeReason: reason,
    told: { average: Math.max(told.average, finding.average), severity },
  };
}

function reasonOf(told: Detection['told'], { average, severity }: Finding): string {
  if (average >= NEWSWORTHY * told.average) {
    return `The average rose to ${rateText(average)} an hour; ${rateText(told.average)} were told before.`;
  }
  if (severity === 'high' && isAbove(severity, told.severity)) {
    return `The severity rose to ${severity}; ${told.severity} was told before.`;
  }
  return '';
}
