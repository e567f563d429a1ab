import { counted, rateText, roundedText } from '../text/numbers.ts';
import type { RuleAssessment } from './assessments.ts';
import type { Detection } from './detection.ts';
import { rateUnit } from './rate_unit.ts';
import { regularReasonOf } from './regular_text.ts';

/** Each figure of the match, of each detector that matches. */
export function matchReasonOf({ assessments }: Pick<Detection, 'assessments'>): string {
  const { 'kql-rule': rule, regularity } = assessments;
  return [
    ...(rule === null ? [] : [ruleReasonOf(rule)]),
    ...(regularity === null ? [] : [`regularity: ${regularReasonOf(regularity)}`]),
  ].join('; ');
}

/** Each figure of the rule with its threshold. */
function ruleReasonOf({ inliner_count, count_of_hours, average, outlier_count, evidence }: RuleAssessment): string {
  const { minUniform, minAverage, anomalyThreshold } = evidence.thresholds;
  return (
    `${inliner_count} of ${count_of_hours} ${evidence.grain === 'hour' ? 'hours' : 'reports'} within the expected range ` +
    `(minimum ${roundedText(minUniform, 2)}); ${rateText(average)} ${rateUnit(evidence.grain)} (threshold ${rateText(minAverage)}); ` +
    `${counted(outlier_count, 'outlier')} (score above ${anomalyThreshold})`
  );
}
