import type { Hour } from '../kql/bin.ts';
import type { Timestamp } from '../kql/timestamp.ts';
import type { GroupKey } from '../records/report.ts';
import type { Grain } from '../scoring/series.ts';

/** `new`: the newest run opened it. `ongoing`: it matched again since. `resolved`: no match within a whole window. */
export const DETECTION_STATES = ['new', 'ongoing', 'resolved'] as const;
export type DetectionState = (typeof DETECTION_STATES)[number];

/** The urgency of a detection: names of OCSF's severities (`severity_id` 2, 3, 4). See severity.ts. */
export const SEVERITIES = ['low', 'medium', 'high'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The thresholds that a match has reached. */
export interface Thresholds {
  readonly lookbackDays: number;
  /** Minimum of inliers in the whole window. */
  readonly minUniform: number;
  readonly minAverage: number;
  readonly anomalyThreshold: number;
}

/** The series behind an assessment, for analysts: its newest points, at most `MAX_EVIDENCE_POINTS`. */
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

/** A summary of the facts in a group's newest reports: at most `MAX_TRAFFIC_ROWS` rows of its newest hours. */
export interface Traffic {
  /** The run that read it; '' where none has. Most runs keep the summary of an earlier one. */
  readonly asOf: Timestamp | '';
  /** Remote ports, at most 10, most reports first. */
  readonly ports: readonly { readonly port: number; readonly reports: number }[];
  /** Reports of successful connections and of failed attempts, by ActionType. A raw event without one counts as success. */
  readonly succeeded: number;
  readonly failed: number;
  /** Each list: at most 5, the newest first. */
  readonly localIPs: readonly string[];
  readonly sha1: readonly string[];
  readonly sha256: readonly string[];
  readonly folderPaths: readonly string[];
  readonly accounts: readonly string[];
  readonly urls: readonly string[];
}

export const MAX_TRAFFIC_ROWS = 500;

/** A technique of MITRE ATT&CK. The rule names none; a setting can. */
export interface Technique {
  /** `T1071` or `T1071.001` */
  readonly id: string;
  /** '' where the setting names none. */
  readonly name: string;
}

/** The result of scoring for a group that matches: the rule's row and its evidence. */
export interface Finding extends GroupKey {
  readonly groupId: string;
  readonly detector: 'kql-rule';
  readonly FirstConnection: Hour;
  readonly LastConnection: Hour;
  readonly count_of_hours: number;
  readonly inliner_count: number;
  readonly outlier_count: number;
  readonly avg_conn_count: number;
  /** The mean without truncation; detections are ordered by it. */
  readonly average: number;
  /** Devices that connected to the address within the window; `MAX_DEVICES` means that many or more. */
  readonly devices: number;
  /** Other processes that connected to it, on any device: the first 10 by name; processes without a name are omitted. */
  readonly otherProcesses: readonly string[];
  /** Standard deviation over mean of the inliers: 0 where all hours are equal. */
  readonly spread: number;
  /** null where the inliers hold no connection. */
  readonly interval: Interval | null;
  readonly severity: Severity;
  /** One sentence. */
  readonly severityReason: string;
  /** In addition to the tactic, which is always Command and Control (TA0011). */
  readonly technique: Technique | null;
  readonly traffic: Traffic;
  readonly evidence: Evidence;
}

/** An episode that has ended. */
export interface PastEpisode {
  readonly episode: Timestamp;
  /** The asOf of the run that resolved it. */
  readonly resolved: Timestamp;
  /** The highest average of the episode. */
  readonly average: number;
}

export const MAX_EPISODES = 20;

/** The highest average and severity that the episode has notified: a new revision must exceed one of them. */
export interface NotifiedLevel {
  readonly average: number;
  readonly severity: Severity;
}

/** A finding with its lifecycle: the columns of the Detections table that the scorer writes. */
export interface Detection extends Finding {
  readonly state: DetectionState;
  /** The asOf of the run that opened it. */
  readonly episode: Timestamp;
  /** 0 at the opening; each change that is notified adds one. */
  readonly revision: number;
  /** The reason for the newest revision, one sentence; '' at the opening. */
  readonly revisionReason: string;
  readonly notifiedLevel: NotifiedLevel;
  /** The highest average of this episode. */
  readonly highestAverage: number;
  /** The episodes before this one, oldest first: the newest `MAX_EPISODES`. */
  readonly episodes: readonly PastEpisode[];
  /** The newest run that wrote the row. */
  readonly asOf: Timestamp;
  /** The newest run in which it matched. */
  readonly lastMatched: Timestamp;
  /** Id of the suppression that applies, '' for none. */
  readonly suppressedBy: string;
}

/** A detection without its long members. */
export type DetectionSummary = Omit<Detection, 'evidence' | 'traffic' | 'episodes'>;

/** What became of one revision of a detection at one sink. */
export interface SinkDelivery {
  readonly episode: Timestamp;
  readonly revision: number;
  /**
   * `pending`: a row of the outbox says how often it was tried. `withdrawn`: the detection was resolved or suppressed
   * before the sink had it.
   */
  readonly status: 'pending' | 'withdrawn' | 'sent' | 'failed';
  /** The severity of the detection when the revision became pending. */
  readonly severity: Severity;
  /** How often it was tried; 0 while it is pending. */
  readonly attempts: number;
  /** When it was first tried (ms since the epoch); null while it is pending. */
  readonly firstAt: number | null;
  /** When it came to this status (ms since the epoch). */
  readonly at: number;
  /** What came back: the HTTP status, or a word such as `timeout`; never a URL. '' while it is pending. */
  readonly answer: string;
  /** Id of the digest that it was sent within; absent where it was sent by itself. */
  readonly digest?: string;
}

/** `<groupId>|<detector>`: the id of a detection, and its RowKey. */
export function detectionIdOf(finding: Pick<Finding, 'groupId' | 'detector'>): string {
  return `${finding.groupId}|${finding.detector}`;
}

/** The form of `detectionIdOf`. */
export const DETECTION_ID = /^[0-9a-f]{32}\|[a-z]+(-[a-z]+)*$/;

/** The id of a notification: the same for every attempt to send one revision. */
export function notificationIdOf(detection: Pick<Detection, 'groupId' | 'detector' | 'episode' | 'revision'>): string {
  return `${detectionIdOf(detection)}|${detection.episode}|${detection.revision}`;
}
