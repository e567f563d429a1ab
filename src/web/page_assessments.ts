import type { RegularAssessment, RuleAssessment } from '../core/detections/assessments.ts';
import type { RegularityThresholds } from '../core/regularity/assessment.ts';
import type { BinUnit } from '../core/regularity/time_bin.ts';
import type { PageKqlRule, PageRegularity } from './page_data.ts';

/** A match of the KQL rule with the points of its evidence. */
export function pageKqlRule({ evidence, ...assessment }: RuleAssessment): PageKqlRule {
  const { count_of_hours, inliner_count, outlier_count, average, spread, interval } = assessment;
  const { grain, thresholds } = evidence;
  return {
    ...{ count_of_hours, inliner_count, outlier_count, average, spread, interval, grain },
    points: evidence.Timestamp.map((hour, index) => ({
      hour,
      count: evidence.ConnCounts[index] ?? 0,
      expected: evidence.baseline[index] ?? 0,
      flag: evidence.flags[index] ?? 0,
      score: evidence.scores[index] ?? 0,
    })),
    minUniform: thresholds.minUniform,
    minAverage: thresholds.minAverage,
    anomalyThreshold: thresholds.anomalyThreshold,
  };
}

type Measured = Omit<RegularAssessment, 'way' | 'threshold' | 'remoteIPs' | 'lastMatched'>;

/** What `regularity` measured; `way` is null where that is no match. */
export function pageRegularity(
  measured: Measured,
  way: PageRegularity['way'],
  { match, ripe }: RegularityThresholds,
  unit: BinUnit = 'hour',
): PageRegularity {
  const { regularity, view, views, interval, interval_low, interval_high, hours, active_hours, connections } = measured;
  const { regularDevices, session } = measured;
  return {
    ...{ way, regularity, view, views, interval, interval_low, interval_high },
    ...{ unit, hours, active_hours, connections, regularDevices, session },
    minScore: match,
    ripeScore: ripe,
  };
}
