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
    notifiedLevel: { average: Math.max(notifiedLevel.average, finding.average), severity },
  };
}

function revisionReasonOf(notifiedLevel: Detection['notifiedLevel'], { average, severity, evidence }: Finding): string {
  if (average >= REVISION_FACTOR * notifiedLevel.average) {
    return `The average rose to ${rateText(average)} ${rateUnit(evidence.grain)} (last notified: ${rateText(notifiedLevel.average)}).`;
  }
  if (severity === 'high' && isAbove(severity, notifiedLevel.severity)) {
    return `The severity rose to ${severity} (last notified: ${notifiedLevel.severity}).`;
  }
  return '';
}
