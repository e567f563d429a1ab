import { rateText } from '../text/rate.ts';
import type { Detection, Finding } from './detection.ts';
import { isAbove } from './severity.ts';

/** Times what was told before from which on an average is news. */
export const NEWSWORTHY = 2;

type Change = Pick<Detection, 'revision' | 'revisionReason' | 'notifiedLevel'>;

/**
 * What a run that matches again makes of a detection's revision: one more, with its reason, where somebody who was told of
 * the detection should be told again; else what it was.
 *
 * - The average has doubled, against the highest that was told in this episode.
 * - The severity has risen to `high`.
 *
 * Nothing flaps: what was told only rises, so a level is told once in an episode, however often it is left and reached
 * again. And nothing changes by the passing of time alone: without a report of a later hour than the row has, points
 * that leave the window may raise a mean, but nobody has done anything new.
 */
export function revisionOf(before: Detection, finding: Finding): Change {
  const { revision, revisionReason, notifiedLevel } = before;
  const reason = finding.LastConnection > before.LastConnection ? reasonOf(notifiedLevel, finding) : '';
  if (reason === '') return { revision, revisionReason, notifiedLevel };
  const severity = isAbove(finding.severity, notifiedLevel.severity) ? finding.severity : notifiedLevel.severity;
  return {
    revision: revision + 1,
    revisionReason: reason,
    notifiedLevel: { average: Math.max(notifiedLevel.average, finding.average), severity },
  };
}

function reasonOf(notifiedLevel: Detection['notifiedLevel'], { average, severity }: Finding): string {
  if (average >= NEWSWORTHY * notifiedLevel.average) {
    return `The average rose to ${rateText(average)} an hour; ${rateText(notifiedLevel.average)} were told before.`;
  }
  if (severity === 'high' && isAbove(severity, notifiedLevel.severity)) {
    return `The severity rose to ${severity}; ${notifiedLevel.severity} was told before.`;
  }
  return '';
}
