import { bin } from '../kql/bin.ts';
import { type Timestamp, timestampFromMs } from '../kql/timestamp.ts';
import type { TimedCount } from '../regularity/timed_count.ts';
import type { FoundGroup, Matched } from '../scoring/address_scorer.ts';
import { countedHoursOf } from '../scoring/folded_counts.ts';
import type { Rule } from '../scoring/rule.ts';
import { grainOf, type Series } from '../scoring/series.ts';
import { spreadOf } from '../scoring/spread.ts';
import { activityHoursOf } from './activity.ts';
import { MAX_EVIDENCE_POINTS, type RegularAssessment, type RuleAssessment, type Thresholds } from './assessments.ts';
import type { Finding, Technique } from './detection.ts';
import { intervalOf } from './interval.ts';
import { NO_TRAFFIC } from './traffic.ts';

/**
 * What a run that ends at `asOf` finds of a group that the KQL rule matches. Without what the context knows, and without
 * traffic: the scorer reads that later, and only for some findings.
 */
export function findingOf(matched: Matched, rule: Rule, technique: Technique | null, asOf: Timestamp): Finding {
  const { group, devices, otherProcesses } = matched;
  const { source, DeviceName, InitiatingProcessFileName, RemoteIP } = group.key;
  const assessment = ruleAssessmentOf(matched, rule, asOf);
  const { FirstConnection, LastConnection } = assessment;
  return {
    groupId: group.groupId,
    source,
    DeviceName,
    InitiatingProcessFileName,
    RemoteIP,
    FirstConnection,
    LastConnection,
    assessments: { 'kql-rule': assessment, regularity: null },
    devices,
    fleetDevices: null,
    otherProcesses,
    hours: activityHoursOf(asOf, group.series.countHours, group.series.ConnCounts),
    technique,
    traffic: NO_TRAFFIC,
    programHash: group.programHash,
    known: null,
  };
}

/**
 * What a run that ends at `asOf` finds of a group that `regularity` alone matches. `counts`: its connections in the window of 72
 * hours, in order of time, at least one.
 */
export function regularFindingOf(
  {
    group,
    devices,
    otherProcesses,
  }: Pick<FoundGroup<never>, 'devices' | 'otherProcesses'> & {
    readonly group: Pick<Matched['group'], 'groupId' | 'key' | 'programHash'>;
  },
  counts: readonly TimedCount[],
  regularity: RegularAssessment,
  technique: Technique | null,
  asOf: Timestamp,
): Finding {
  const { source, DeviceName, InitiatingProcessFileName, RemoteIP } = group.key;
  const hours = counts.map(({ second }) => bin(timestampFromMs(1000 * second), '1h'));
  return {
    ...{ groupId: group.groupId, source, DeviceName, InitiatingProcessFileName, RemoteIP },
    FirstConnection: hours[0] as (typeof hours)[number],
    LastConnection: hours.at(-1) as (typeof hours)[number],
    assessments: { 'kql-rule': null, regularity },
    ...{ devices, fleetDevices: null, otherProcesses },
    hours: activityHoursOf(
      asOf,
      hours,
      counts.map(({ count }) => count),
    ),
    ...{ technique, traffic: NO_TRAFFIC, programHash: group.programHash, known: null },
  };
}

/** The rule's row of a group, with its evidence. */
function ruleAssessmentOf({ group, match }: Matched, rule: Rule, asOf: Timestamp): RuleAssessment {
  const { Timestamp, ConnCounts, countHours } = group.series;
  const newest = -MAX_EVIDENCE_POINTS;
  const hours = countedHoursOf(group.key, countHours);
  return {
    // A series that matches has at least one row.
    FirstConnection: Timestamp[0] as (typeof Timestamp)[number],
    LastConnection: Timestamp.at(-1) as (typeof Timestamp)[number],
    count_of_hours: match.count_of_hours,
    inliner_count: match.inliner_count,
    outlier_count: match.outlier_count,
    avg_conn_count: match.avg_conn_count,
    average: match.stats.avg,
    spread: spreadOf(ConnCounts, match.flags, hours),
    interval: intervalOf(ConnCounts, match.flags, hours),
    lastMatched: asOf,
    evidence: {
      grain: grainOf(group.key, rule.grain),
      Timestamp: countHours.slice(newest),
      ConnCounts: ConnCounts.slice(newest),
      flags: match.flags.slice(newest),
      scores: match.scores.slice(newest).map(finiteScore),
      baseline: match.baseline.slice(newest),
      period: match.period,
      omitted: omittedOf(group.series),
      thresholds: thresholdsOf(rule),
    },
  };
}

/** The rule's thresholds for the whole window. */
export function thresholdsOf({ lookbackDays, minUniformPerDay, minAverage, anomalyThreshold }: Rule): Thresholds {
  return { lookbackDays, minUniform: minUniformPerDay * lookbackDays, minAverage, anomalyThreshold };
}

function omittedOf(series: Series): number {
  return series.dropped + Math.max(0, series.ConnCounts.length - MAX_EVIDENCE_POINTS);
}

/**
 * The score is infinite where all other points are equal. JSON cannot hold infinity, so that evidence holds
 * `INFINITE_SCORE` instead.
 */
function finiteScore(score: number): number {
  return Math.max(-INFINITE_SCORE, Math.min(INFINITE_SCORE, score));
}

export const INFINITE_SCORE = 1e9;
