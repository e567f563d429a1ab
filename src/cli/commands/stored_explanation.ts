import type { Assessments, RegularAssessment, RuleAssessment } from '../../core/detections/assessments.ts';
import {
  ruleConditions,
  sessionCondition,
  summedConditions,
  viewConditions,
} from '../../core/detections/conditions.ts';
import type { RegularityThresholds } from '../../core/regularity/assessment.ts';
import { ALL_CONDITIONS, conditionsText, ONE_VIEW, PROCESS_CONDITIONS } from '../output/conditions.ts';
import { minute } from '../output/number_text.ts';

/**
 * The conditions of each detector at its last match, from the stored assessments. That of the KQL rule has its thresholds with
 * it; `thresholds` are those of `regularity` now.
 */
export function storedExplanation(
  { 'kql-rule': rule, regularity }: Assessments,
  thresholds: Pick<RegularityThresholds, 'match'>,
): string {
  return [
    '\nConditions, at the last match of each detector:\n',
    rule === null ? '  kql-rule    has not matched in this episode\n' : ruleText(rule),
    regularity === null ? '  regularity  has not matched in this episode\n' : regularText(regularity, thresholds),
  ].join('');
}

function ruleText({ inliner_count, outlier_count, average, evidence, lastMatched }: RuleAssessment): string {
  const found = { points: inliner_count + outlier_count, average, inliers: inliner_count };
  const conditions = ruleConditions(found, evidence.thresholds, evidence.grain);
  return `  kql-rule    ${minute(lastMatched)} UTC: ${ALL_CONDITIONS}\n${conditionsText(conditions)}`;
}

function regularText(regular: RegularAssessment, { match }: Pick<RegularityThresholds, 'match'>): string {
  const { measuredViews, session, way, regularity, lastMatched } = regular;
  const conditions =
    session === null
      ? summedConditions(regular, match)
      : [...viewConditions(measuredViews, match), sessionCondition(session)];
  const how = session === null ? PROCESS_CONDITIONS : ONE_VIEW;
  return `  regularity  ${minute(lastMatched)} UTC, by ${way}, score ${regularity.toFixed(3)} (needs ${match}): ${how}\n${conditionsText(conditions)}`;
}
