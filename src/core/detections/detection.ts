import type { Hour } from '../kql/bin.ts';
import type { Timestamp } from '../kql/timestamp.ts';
import type { GroupKey } from '../records/report.ts';
import type { Grain } from '../scoring/series.ts';

/** `new`: opened by the last run that changed it. `ongoing`: met again since. `resolved`: a whole window without a match. */
export const DETECTION_STATES = ['new', 'ongoing', 'resolved'] as const;
export type DetectionState = (typeof DETECTION_STATES)[number];

/** How soon somebody should look: the names of OCSF's severities (`severity_id` 2, 3, 4). See severity.ts. */
export const SEVERITIES = ['low', 'medium', 'high'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The numbers that a series was measured by: a match is at or over each of them. */
export interface Thresholds {
  readonly lookbackDays: number;
  /** Inliers wanted over the whole window. */
  readonly minUniform: number;
  readonly minAverage: number;
  readonly anomalyThreshold: number;
}

/** The series behind a verdict, for people. At most `MAX_EVIDENCE_POINTS` of the newest points. */
export interface Evidence {
  readonly grain: Grain;
  /** The hour of each count. */
  readonly Timestamp: readonly Hour[];
  readonly ConnCounts: readonly number[];
  /** `anomalies_decomposed` */
  readonly flags: readonly number[];
  readonly scores: readonly number[];
  readonly baseline: readonly number[];
  /** Points of the season, 0 for none. */
  readonly period: number;
  /** Points that were left out because there are too many. */
  readonly omitted: number;
  readonly thresholds: Thresholds;
}

export const MAX_EVIDENCE_POINTS = 500;

/** Seconds from one connection to the next, as an hour's count lets one guess. */
export interface Interval {
  readonly seconds: number;
  /** Standard deviation of that, from hour to hour. */
  readonly deviation: number;
}

/** What the newest reports of a group say beside their counts; from at most `MAX_TRAFFIC_ROWS` rows of the window. */
export interface Traffic {
  /** The run that read it; '' where none has. It is not read anew each hour. */
  readonly asOf: Timestamp | '';
  /** Remote ports, at most 10, that with the most reports first. */
  readonly ports: readonly { readonly port: number; readonly reports: number }[];
  /** Reports by their ActionType: connections that were made, and attempts that failed. A raw event without one was made. */
  readonly succeeded: number;
  readonly failed: number;
  /** Each of these at most 5, the newest first. */
  readonly localIPs: readonly string[];
  readonly sha1: readonly string[];
  readonly sha256: readonly string[];
  readonly folderPaths: readonly string[];
  readonly accounts: readonly string[];
  readonly urls: readonly string[];
}

export const MAX_TRAFFIC_ROWS = 500;

/** A technique of MITRE ATT&CK. The rule claims none; a setting may. */
export interface Technique {
  /** `T1071` or `T1071.001` */
  readonly id: string;
  /** '' where the setting names none. */
  readonly name: string;
}

/** What scoring says of a group that matches: the rule's row and what is behind it. */
export interface Finding extends GroupKey {
  readonly groupId: string;
  readonly detector: 'kql-rule';
  readonly FirstConnection: Hour;
  readonly LastConnection: Hour;
  readonly count_of_hours: number;
  readonly inliner_count: number;
  readonly outlier_count: number;
  readonly avg_conn_count: number;
  /** The mean in full, by which detections are ordered. */
  readonly average: number;
  /** Devices that talked to the address within the window; `MAX_DEVICES` stands for that many or more. */
  readonly devices: number;
  /** Other processes that did, on whatever device: the first 10 in order of name, those without a name left out. */
  readonly otherProcesses: readonly string[];
  /** Standard deviation over mean of the inliers: 0 is clockwork. */
  readonly spread: number;
  /** null where the inliers count no connection. */
  readonly interval: Interval | null;
  readonly severity: Severity;
  /** One sentence. */
  readonly severityReason: string;
  /** Beside the tactic, which is Command and Control (TA0011) always. */
  readonly technique: Technique | null;
  readonly traffic: Traffic;
  readonly evidence: Evidence;
}

/** An episode that is over. */
export interface PastEpisode {
  readonly episode: Timestamp;
  /** The asOf of the run that resolved it. */
  readonly resolved: Timestamp;
  /** The highest that it came to. */
  readonly average: number;
}

export const MAX_EPISODES = 20;

/** The most that an episode has told of: what a change has to go beyond. */
export interface NotifiedLevel {
  readonly average: number;
  readonly severity: Severity;
}

/** A finding with a life: a row of the Detections table, as the scorer writes it. */
export interface Detection extends Finding {
  readonly state: DetectionState;
  /** The asOf of the run that opened it. */
  readonly episode: Timestamp;
  /** 0 at the opening, one more for each change worth telling. */
  readonly revision: number;
  /** What raised `change`, one sentence; '' at the opening. */
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
  /** The suppression that hides it, '' for none. */
  readonly suppressedBy: string;
}

/** A detection without what is long. */
export type DetectionSummary = Omit<Detection, 'evidence' | 'traffic' | 'episodes'>;

/** What the notifier knows of one sink and one change of a detection. */
export interface SinkDelivery {
  readonly episode: Timestamp;
  readonly revision: number;
  readonly status: 'sending' | 'sent' | 'failed';
  /** Since it was to begin anew: asked for again, or woken. */
  readonly attempts: number;
  /** When it was first tried (ms since the epoch). */
  readonly firstAt: number;
  /** When it came to this status (ms since the epoch). */
  readonly at: number;
  /** What came back: the HTTP status, or a word such as `timeout`; never a URL. '' while a try is on its way. */
  readonly answer: string;
  /** Not to be tried before (ms since the epoch); absent for at once. */
  readonly nextTry?: number;
  /** The digest that it is told within; absent where it is told by itself. */
  readonly digest?: DigestMark;
}

/** Names a digest, and says how many detections have to be found with it for it to have been sent; 1 once it was. */
export interface DigestMark {
  readonly id: string;
  readonly of: number;
}

/** `<groupId>|<detector>`: the id of a detection, and its RowKey. */
export function detectionIdOf(finding: Pick<Finding, 'groupId' | 'detector'>): string {
  return `${finding.groupId}|${finding.detector}`;
}

/** The form of `detectionIdOf`. */
export const DETECTION_ID = /^[0-9a-f]{32}\|[a-z]+(-[a-z]+)*$/;

/** The id of a notification: the same for every try to tell one change. */
export function notificationIdOf(detection: Pick<Detection, 'groupId' | 'detector' | 'episode' | 'revision'>): string {
  return `${detectionIdOf(detection)}|${detection.episode}|${detection.revision}`;
}
