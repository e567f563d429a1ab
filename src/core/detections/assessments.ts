import type { Hour } from '../kql/bin.ts';
import type { Timestamp } from '../kql/timestamp.ts';
import type { RegularityNumbers } from '../regularity/assessment.ts';
import type { Session } from '../regularity/session.ts';
import type { View } from '../regularity/view.ts';
import type { Grain } from '../scoring/series.ts';

/** In the order in which they are named. */
export const DETECTORS = ['kql-rule', 'regularity'] as const;
export type Detector = (typeof DETECTORS)[number];

/** The thresholds that a match of the KQL rule has reached. */
export interface Thresholds {
  readonly lookbackDays: number;
  /** Minimum of inliers in the whole window. */
  readonly minUniform: number;
  readonly minAverage: number;
  readonly anomalyThreshold: number;
}

/** The series behind a match of the KQL rule, for analysts: its newest points, at most `MAX_EVIDENCE_POINTS`. */
export interface Evidence {
  readonly grain: Grain;
  /** The hour of each count. */
  readonly Timestamp: readonly Hour[];
  readonly ConnCounts: readonly number[];
  /** `anomalies_decomposed` */
  readonly flags: readonly number[];
  readonly scores: readonly number[];
  readonly baseline: readonly number[];
  /** Period of the season in points, 0 for none. */
  readonly period: number;
  /** Older points that exceed the limit and are omitted. */
  readonly omitted: number;
  readonly thresholds: Thresholds;
}

export const MAX_EVIDENCE_POINTS = 500;

/** Time between two connections, estimated from the counts per hour. */
export interface Interval {
  readonly seconds: number;
  /** Standard deviation from hour to hour, in seconds. */
  readonly deviation: number;
}

/** What the KQL rule found in its newest run with a match: the rule's row, without its key columns. */
export interface RuleSummary {
  readonly FirstConnection: Hour;
  readonly LastConnection: Hour;
  readonly count_of_hours: number;
  readonly inliner_count: number;
  readonly outlier_count: number;
  readonly avg_conn_count: number;
  /** The mean without truncation; the rule's rows are ordered by it. */
  readonly average: number;
  /** Standard deviation over mean of the inliers: 0 where all hours are equal. */
  readonly spread: number;
  /** null where the inliers hold no connection. */
  readonly interval: Interval | null;
  /** The newest run in which the rule matched. */
  readonly lastMatched: Timestamp;
}

export interface RuleAssessment extends RuleSummary {
  readonly evidence: Evidence;
}

/** What the detector `regularity` found in its newest run with a match. */
export interface RegularAssessment extends RegularityNumbers {
  readonly way: 'score' | 'session' | 'process';
  /** The score from which on it matches; a session needs none. */
  readonly threshold: number;
  /** The views unrounded, with the n and k of their score. */
  readonly measuredViews: readonly View[];
  /** null for a process. */
  readonly session: Session | null;
  /** Devices that are regular with this address, or on which this process is regular with this network, if more. */
  readonly regularDevices: number;
  /** Of a process, how many addresses are summed, and the first of them; of a group 1, and none. */
  readonly addresses: number;
  readonly remoteIPs: readonly string[];
  /** The newest run in which it matched. */
  readonly lastMatched: Timestamp;
}

/** One assessment per detector; null for a detector that has not matched in this episode. At least one has. */
export interface Assessments {
  readonly 'kql-rule': RuleAssessment | null;
  readonly regularity: RegularAssessment | null;
}

/** The same without the evidence. */
export interface AssessmentSummaries {
  readonly 'kql-rule': RuleSummary | null;
  readonly regularity: RegularAssessment | null;
}

/** RemoteIP of a detection that is about a process as a whole, whose servers rotate. */
export const ANY_REMOTE = '*';

/** What detectors have matched, whatever their numbers. */
export interface Assessed {
  readonly assessments: Readonly<Record<Detector, unknown>>;
}

/** The detectors that have matched in this episode. */
export function detectorsOf({ assessments }: Assessed): readonly Detector[] {
  return DETECTORS.filter((detector) => assessments[detector] !== null);
}
