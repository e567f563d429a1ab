import type { Hour } from './kql/bin.ts';
import type { GroupKey } from './report.ts';
import type { Grain } from './series.ts';
import type { Timestamp } from './timestamp.ts';

/** `new`: opened by the last run that changed it. `ongoing`: met again since. `resolved`: a whole window without a match. */
export type DetectionState = 'new' | 'ongoing' | 'resolved';

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
}

export const MAX_EVIDENCE_POINTS = 500;

/** What scoring says of a group that matches: the rule's row and what is behind it. */
export interface Finding extends GroupKey {
  readonly groupId: string;
  readonly detector: 'seed';
  readonly FirstConnection: Hour;
  readonly LastConnection: Hour;
  readonly count_of_hours: number;
  readonly inliner_count: number;
  readonly outlier_count: number;
  readonly avg_conn_count: number;
  /** The mean in full, by which detections are ordered. */
  readonly average: number;
  /** Devices that talked to the address within the window. */
  readonly devices: number;
  readonly evidence: Evidence;
}

/** A finding with a life: a row of the Detections table, as the scorer writes it. */
export interface Detection extends Finding {
  readonly state: DetectionState;
  /** The asOf of the run that opened it. */
  readonly episode: Timestamp;
  /** 0 at the opening, one more for each change worth telling. */
  readonly change: number;
  /** The newest run that wrote the row. */
  readonly asOf: Timestamp;
  /** The newest run in which it matched. */
  readonly lastMatched: Timestamp;
  /** The suppression that hides it, '' for none. */
  readonly suppressedBy: string;
}

/** What the notifier knows of one sink and one change of a detection. */
export interface Delivery {
  readonly episode: Timestamp;
  readonly change: number;
  readonly status: 'sending' | 'sent' | 'failed';
  readonly attempts: number;
  /** When it was first tried (ms since the epoch). */
  readonly firstAt: number;
  /** When it came to this status (ms since the epoch). */
  readonly at: number;
  /** What came back: the HTTP status, or a word such as `timeout`; never a URL. '' while the first try is on its way. */
  readonly answer: string;
}

/** `<groupId>|<detector>`: the id of a detection, and its RowKey. */
export function detectionIdOf(finding: Pick<Finding, 'groupId' | 'detector'>): string {
  return `${finding.groupId}|${finding.detector}`;
}

/** The id of a notification: the same for every try to tell one change. */
export function notificationIdOf(detection: Detection): string {
  return `${detectionIdOf(detection)}|${detection.episode}|${detection.change}`;
}
