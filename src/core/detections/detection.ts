import type { Hour } from '../kql/bin.ts';
import type { Timestamp } from '../kql/timestamp.ts';
import type { GroupKey } from '../records/report.ts';
import type { AssessmentSummaries, Assessments } from './assessments.ts';
import type { Known } from './known.ts';
import type { OpenNeighbours } from './neighbours.ts';
import type { Owner } from './owner.ts';

/** `new`: the newest run opened it. `ongoing`: it matched again since. `resolved`: no match within a whole window. */
export const DETECTION_STATES = ['new', 'ongoing', 'resolved'] as const;
export type DetectionState = (typeof DETECTION_STATES)[number];

/** The urgency of a detection: names of OCSF's severities (`severity_id` 2, 3, 4). See severity.ts. */
export const SEVERITIES = ['low', 'medium', 'high'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A summary of the facts in a group's newest reports: at most `MAX_TRAFFIC_ROWS` rows of its newest hours. */
export interface Traffic {
  /** The run that read it; '' where none has. Most runs keep the summary of an earlier one. */
  readonly asOf: Timestamp | '';
  /** Remote ports, at most 10, most reports first. */
  readonly ports: readonly { readonly port: number; readonly reports: number }[];
  /** Reports of successful connections and of failed attempts, by ActionType. A raw event without one counts as success. */
  readonly succeeded: number;
  readonly failed: number;
  /** Each of these lists: at most 5, the newest first. */
  readonly localIPs: readonly string[];
  readonly sha1: readonly string[];
  readonly sha256: readonly string[];
  readonly folderPaths: readonly string[];
  readonly accounts: readonly string[];
  readonly urls: readonly string[];
  /** Each of these: at most 3. */
  readonly deviceIds: readonly string[];
  readonly processIds: readonly string[];
  readonly commandLines: readonly string[];
  readonly parents: readonly string[];
  readonly companies: readonly string[];
  readonly products: readonly string[];
  readonly versions: readonly string[];
  readonly domains: readonly string[];
  readonly upns: readonly string[];
  readonly integrityLevels: readonly string[];
  readonly protocols: readonly string[];
}

/** The lists of texts. */
export type TrafficLists = {
  readonly [Name in keyof Traffic as Traffic[Name] extends readonly string[] ? Name : never]: readonly string[];
};

/** What a list shows of the traffic. */
export interface ListedTraffic {
  /** The newest InitiatingProcessAccountName; '' where the telemetry has none, or no run has read it. */
  readonly account: string;
  /** Remote ports, at most 3, most reports first. */
  readonly ports: readonly number[];
}

export const MAX_TRAFFIC_ROWS = 500;

/** A technique of MITRE ATT&CK. The rule names none; a setting can. */
export interface Technique {
  /** `T1071` or `T1071.001` */
  readonly id: string;
  /** '' where the setting names none. */
  readonly name: string;
}

/** The result of scoring for a group that matches in one run. */
export interface Finding extends GroupKey {
  readonly groupId: string;
  /** The hours of the first and the last report in the window. */
  readonly FirstConnection: Hour;
  readonly LastConnection: Hour;
  /** One assessment per detector: null for one that does not match in this run. */
  readonly assessments: Assessments;
  /** Devices that connected to the address within the window; `MAX_DEVICES` means that many or more. */
  readonly devices: number;
  /** Devices of the fleet that the context counts in its window; null where a run has no context. */
  readonly fleetDevices: number | null;
  /** Other processes that connected to it, on any device: the first 10 by name; processes without a name are omitted. */
  readonly otherProcesses: readonly string[];
  /** Connections in each of the `ACTIVITY_HOURS` clock hours that end with the window; null for an hour without a report. */
  readonly hours: readonly (number | null)[];
  /** In addition to the tactic, which is always Command and Control (TA0011). */
  readonly technique: Technique | null;
  readonly traffic: Traffic;
  /** 64 bits of the hash of the newest program, 16 hex digits; null where the telemetry has none. */
  readonly programHash: string | null;
  /** What the file of the operator says of it, which changes its severity; null for nothing. */
  readonly known: Known | null;
}

/** An episode that has ended. */
export interface PastEpisode {
  readonly episode: Timestamp;
  /** The asOf of the run that resolved it. */
  readonly resolved: Timestamp;
  /** The highest average of the episode; null where the KQL rule did not match. */
  readonly average: number | null;
}

export const MAX_EPISODES = 20;

/** The revision of the decision, the first that a sink receives. */
export const FIRST_REVISION = 1;

/** The numbers of `regularity` that a sink was last notified of. */
export interface NotifiedRhythm {
  /** Seconds. */
  readonly interval: number;
  readonly score: number;
}

/** What the decision about an episode remembers from run to run: see decision.ts. */
export interface DecisionMemory {
  /** Whether its severity is known, in the run after its opening at the earliest. Before that no sink is notified. */
  readonly isDecided: boolean;
  /** `regularity` has shown enough in this episode for more than `low`. */
  readonly isRipe: boolean;
  /** Runs without a break in which the score reached the threshold. */
  readonly runsInARow: number;
  readonly highestSeverity: Severity;
  /** null for none. */
  readonly lastNotified: NotifiedRhythm | null;
}

/**
 * A group that matches, with its lifecycle: the columns of the Detections table that the scorer writes. Its numbers are those
 * of the newest run with a match of any detector, and each assessment those of its detector's newest match in this episode.
 */
export interface Detection extends Finding {
  readonly severity: Severity;
  /** One sentence. */
  readonly severityReason: string;
  /** Connections in each of the `ACTIVITY_DAYS` UTC days that end with that of the newest match; null where nothing is known. */
  readonly days: readonly (number | null)[];
  readonly state: DetectionState;
  /** The asOf of the run that opened it. */
  readonly episode: Timestamp;
  /** 0 until it is decided, which makes it 1; each later change that is worth a notification adds one. */
  readonly revision: number;
  /** The reason for the newest revision, one sentence; '' for revisions 0 and 1. */
  readonly revisionReason: string;
  readonly decision: DecisionMemory;
  /** The highest average of this episode; null where the KQL rule has not matched. */
  readonly highestAverage: number | null;
  /** The episodes before this one, oldest first: the newest `MAX_EPISODES`. */
  readonly episodes: readonly PastEpisode[];
  /** The newest run that wrote the row. */
  readonly asOf: Timestamp;
  /** The newest run in which a detector matched. */
  readonly lastMatched: Timestamp;
  /** Id of the suppression that applies, '' for none. */
  readonly suppressedBy: string;
  /** Who owns the address, where a database is at hand. Not stored. */
  readonly owner?: Owner;
  /** Other open detections, where they were read. Not stored. */
  readonly neighbours?: OpenNeighbours;
}

/** A detection without its long members. */
export interface DetectionSummary extends Omit<Detection, 'assessments' | 'traffic' | 'episodes'>, ListedTraffic {
  readonly assessments: AssessmentSummaries;
}

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

/** The id of a detection, and its RowKey: 32 hexadecimal digits. */
export const DETECTION_ID = /^[0-9a-f]{32}$/;

/** The id of a notification: the same for every attempt to send one revision. */
export function notificationIdOf({
  groupId,
  episode,
  revision,
}: Pick<Detection, 'groupId' | 'episode' | 'revision'>): string {
  return `${groupId}|${episode}|${revision}`;
}
