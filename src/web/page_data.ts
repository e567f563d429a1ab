import type { DetectionState, Severity, Traffic } from '../core/detections/detection.ts';
import type { Known } from '../core/detections/known.ts';
import type { VerdictValue } from '../core/detections/verdict.ts';
import type { Hour } from '../core/kql/bin.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { GroupKey } from '../core/records/report.ts';
import type { BinUnit } from '../core/regularity/time_bin.ts';
import type { Grain } from '../core/scoring/series.ts';
import type { Window } from '../core/scoring/window.ts';

/** What the pages show: a value of its own, so that files, the storage account and the API can each fill it. */
export interface PageData {
  readonly window: Window;
  readonly status: PageStatus;
  /** Most urgent first (`byUrgency`). */
  readonly detections: readonly PageDetection[];
  /** null where only the KQL rule was applied. */
  readonly fleet: PageFleet | null;
}

/** The line at the top: whether the result is whole, and of what. */
export interface PageStatus {
  /** null: not checked. */
  readonly isHealthy: boolean | null;
  /** `Healthy`, or the number of problems. */
  readonly title: string;
  readonly parts: readonly string[];
  /** What is wrong, or left to know: one sentence each. */
  readonly notes: readonly string[];
}

/** The devices with reports in the window, and how many of them are few and many. */
export interface PageFleet {
  readonly devices: number;
  readonly few: number;
  readonly many: number;
  /** Matches that are regular on more than `many` devices, and therefore not listed. */
  readonly common: number;
}

/** A detection: the key columns of its group, its severity, and what each detector says. */
export interface PageDetection extends GroupKey {
  /** 32 hex digits. */
  readonly id: string;
  readonly severity: Severity;
  /** One sentence. */
  readonly severityReason: string;
  /** What the file of the operator says of it; null for nothing. */
  readonly known: Known | null;
  /** null: no match. */
  readonly kqlRule: PageKqlRule | null;
  /** null: not measured, or not applied. */
  readonly regularity: PageRegularity | null;
  /** Connections in each clock hour of the window, oldest first; null for an hour without a report. */
  readonly hours: readonly (number | null)[];
  /** Connections of each of the days up to the window's end, oldest first; empty where only the window is known. */
  readonly days: readonly (number | null)[];
  /** Devices that connect to the address in the window, this one included; null where that was not counted. */
  readonly devices: number | null;
  /** Devices of the fleet in the window; null where that was not counted, or stands in `PageFleet`. */
  readonly fleetDevices: number | null;
  /** Other processes that connect to it, on any device. */
  readonly otherProcesses: readonly string[];
  /** The newest account of the process; '' where none is known. */
  readonly account: string;
  /** Remote ports, most reports first, and host names of the remote side; empty where the reports have none. */
  readonly ports: readonly number[];
  readonly hosts: readonly string[];
  /** Who owns the address; '' where that is not known. */
  readonly owner: string;
  /** Whether every report is of a failed attempt. */
  readonly onlyFailed: boolean;
  /** Whether the process is new to the network in this fleet; null where that is not known. */
  readonly isNew: boolean | null;
  /** Other rare addresses of the process on this device; of a process as a whole those that were summed. */
  readonly otherAddresses: readonly PageAddress[];
  /** Programs, accounts and outcomes of the newest reports; null where these facts were not read. */
  readonly traffic: Traffic | null;
  /** For advanced hunting; the second for Sentinel. */
  readonly queries: readonly { readonly label: string; readonly query: string }[];
  /** The command that suppresses it; null where none is safe to paste. */
  readonly suppress: string | null;
  /** What is stored beside its numbers; null in a file. */
  readonly record: PageRecord | null;
}

/** The lifecycle of a stored detection. */
export interface PageRecord {
  readonly state: DetectionState;
  /** Whether its severity is known; before that no sink is notified. */
  readonly isDecided: boolean;
  /** The id of the suppression that applies; '' for none. */
  readonly suppressedBy: string;
  readonly verdict: VerdictValue | null;
  /** Episodes, revisions, notifications and verdict, oldest first; empty in a list. */
  readonly events: readonly PageEvent[];
  /** The newest reports, in time order; empty in a list. */
  readonly reports: readonly PageReport[];
}

export interface PageEvent {
  readonly at: Timestamp;
  readonly text: string;
  /** A note of a person; '' for none. */
  readonly note: string;
}

export interface PageReport {
  readonly at: Timestamp;
  readonly count: number | null;
  /** Account, program, port and outcome, as far as the report has them. */
  readonly facts: readonly string[];
}

export interface PageAddress {
  readonly RemoteIP: string;
  /** null where only the address is stored. */
  readonly connections: number | null;
  readonly hosts: readonly string[];
}

/** The assessment of a match of the KQL rule. */
export interface PageKqlRule {
  readonly count_of_hours: number;
  readonly inliner_count: number;
  readonly outlier_count: number;
  readonly average: number;
  readonly spread: number;
  readonly interval: { readonly seconds: number; readonly deviation: number } | null;
  readonly grain: Grain;
  /** The points, oldest first, each with its hour. */
  readonly points: readonly PagePoint[];
  readonly minUniform: number;
  readonly minAverage: number;
  readonly anomalyThreshold: number;
}

export interface PagePoint {
  readonly hour: Hour;
  readonly count: number;
  readonly expected: number;
  /** 1 above the expected range, -1 below, 0 within. */
  readonly flag: number;
  readonly score: number;
}

/** The assessment of the detector `regularity`. Names and precision are those of the JSON output. */
export interface PageRegularity {
  /** null: measured, but no match. */
  readonly way: 'score' | 'session' | 'process' | null;
  readonly regularity: number;
  readonly view: 'spread' | 'steps' | 'gaps';
  readonly views: Readonly<Partial<Record<'spread' | 'steps' | 'gaps', number>>>;
  readonly interval: number;
  readonly interval_low: number;
  readonly interval_high: number;
  /** What `hours`, `active_hours` and `session` count. */
  readonly unit: BinUnit;
  readonly hours: number;
  readonly active_hours: number;
  readonly connections: number;
  readonly regularDevices: number;
  readonly session: { readonly p: number; readonly n: number; readonly mean: number } | null;
  /** The lowest scores that match, and that are enough for a severity above low. */
  readonly minScore: number;
  readonly ripeScore: number;
}
