import { bin } from '../../src/core/kql/bin.ts';
import { timestampFromMs } from '../../src/core/kql/timestamp.ts';
import {
  REGULARITY_THRESHOLDS,
  type RegularityAssessment,
  regularityOf,
} from '../../src/core/regularity/assessment.ts';
import { HOUR_SECONDS } from '../../src/core/regularity/time_bin.ts';
import { summedPer, type TimedCount } from '../../src/core/regularity/timed_count.ts';
import { type Assessment, kqlRule } from '../../src/core/scoring/kql_rule.ts';
import { KQL_RULE } from '../../src/core/scoring/rule.ts';
import type { Series } from '../../src/core/scoring/series.ts';
import type { SimulatedGroup } from './simulated.ts';

/** The detectors that are compared, in the order of the tables. `both`: one of them, or both. */
export const MEASURED_DETECTORS = ['kql-rule', 'regularity', 'both'] as const;
export type MeasuredDetector = (typeof MEASURED_DETECTORS)[number];

/** What the product's detectors say of a group at one look. */
export interface Look {
  /** The KQL rule matches. */
  readonly kql: boolean;
  /** `regularity` matches in any way. */
  readonly match: boolean;
  /** It is ripe: a score of 0.70, or a session. */
  readonly ripe: boolean;
}

export function lookAt({ counts, deviceOn }: SimulatedGroup): Look {
  return { kql: kqlOf(counts).match, ...regularLookOf(regularityOf(counts, deviceOn)) };
}

export function regularLookOf(assessment: RegularityAssessment): Omit<Look, 'kql'> {
  if (!assessment.measured || assessment.way === null) return { match: false, ripe: false };
  const ripe = assessment.way === 'session' || assessment.regularity >= REGULARITY_THRESHOLDS.ripe;
  return { match: true, ripe };
}

/** The KQL rule on the same reports, per clock hour. */
export function kqlOf(counts: readonly TimedCount[]): Assessment {
  return kqlRule(seriesPerHour(counts), KQL_RULE);
}

function seriesPerHour(counts: readonly TimedCount[]): Series {
  const sums = summedPer(HOUR_SECONDS, counts).sort((a, b) => a.second - b.second);
  const hours = sums.map(({ second }) => bin(timestampFromMs(second * 1000), '1h'));
  return { Timestamp: hours, ConnCounts: sums.map(({ count }) => count), countHours: hours, dropped: 0 };
}
