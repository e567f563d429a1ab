import { rateText } from '../text/numbers.ts';
import type { Detection, Finding } from './detection.ts';
import { rateUnit } from './rate_unit.ts';
import { isAbove } from './severity.ts';

/** An average is a new revision from this many times the notified one on. */
export const REVISION_FACTOR = 2;

type Revised = Pick<Detection, 'revision' | 'revisionReason' | 'notifiedLevel'>;

/**
 * The revision after a run that matches again. It rises by one, with a reason, in two cases:
 *
 * - The average has doubled against the highest one that was notified in this episode.
 * - The severity has risen to `high`.
 *
 * The notified level only rises, so that each level is notified once per episode and nothing flaps. A new revision needs
 * a report of a later hour than the row has: points that leave the window may raise the mean without new activity.
 */
export function revisionOf(before: Detection, finding: Finding): Revised {
  const { revision, revisionReason, notifiedLevel } = before;
  const reason = finding.LastConnection > before.LastConnection ? revisionReasonOf(notifiedLevel, finding) : '';
  if (reason === '') return { revision, revisionReason, notifiedLevel };
  const severity = isAbove(finding.severity, notifiedLevel.severity) ? finding.severity : notifiedLevel.severity;
  return {
    revision: revision + 1,
    revisionReason: reason,
    notifiedLevel: { average: higherAverage(notifiedLevel, finding), severity },
  };
}

function higherAverage({ average }: Detection['notifiedLevel'], { assessments }: Finding): number | null {
  const now = assessments['kql-rule']?.average ?? average;
  return average === null || now === null ? now : Math.max(average, now);
}

function revisionReasonOf(notifiedLevel: Detection['notifiedLevel'], { assessments, severity }: Finding): string {
  const rule = assessments['kql-rule'];
  const { average } = notifiedLevel;
  if (rule !== null && average !== null && rule.average >= REVISION_FACTOR * average) {
    return `The average rose to ${rateText(rule.average)} ${rateUnit(rule.evidence.grain)} (last notified: ${rateText(average)}).`;
  }
  if (severity === 'high' && isAbove(severity, notifiedLevel.severity)) {
    return `The severity rose to ${severity} (last notified: ${notifiedLevel.severity}).`;
  }
  return '';
}
