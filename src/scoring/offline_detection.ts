import type { Detector, RuleAssessment } from '../core/detections/assessments.ts';
import type { Severity } from '../core/detections/detection.ts';
import type { Known } from '../core/detections/known.ts';
import type { Hour } from '../core/kql/bin.ts';
import type { GroupKey } from '../core/records/report.ts';
import type { RegularityNumbers } from '../core/regularity/assessment.ts';
import type { Session } from '../core/regularity/session.ts';
import type { BinUnit } from '../core/regularity/time_bin.ts';
import type { View } from '../core/regularity/view.ts';
import type { FleetSettings } from './detection_settings.ts';
import type { Explanations } from './explanation.ts';

/**
 * A detection that `score` finds in files: a group, or a process as a whole (RemoteIP is `*`), with what each detector says
 * of it. The files are their own context, and it has no history.
 */
export interface OfflineDetection extends GroupKey {
  /** 32 hex digits, the same as in the cloud. */
  readonly groupId: string;
  /** The hours of the first and the last report in the window. */
  readonly FirstConnection: Hour;
  readonly LastConnection: Hour;
  /** Those that match, at least one. */
  readonly detectors: readonly Detector[];
  /** null: the KQL rule does not match, or was not applied. */
  readonly rule: RuleAssessment | null;
  /** null: `regularity` cannot be measured, or was not applied. */
  readonly regularity: OfflineRegularity | null;
  readonly severity: Severity;
  /** One sentence. */
  readonly severityReason: string;
  /** What the file of `--known` says of it; null for nothing. */
  readonly known: Known | null;
  /** Connections of the last 72 clock hours of the window, oldest first; null for an hour without a report. */
  readonly hours: readonly (number | null)[];
  /** Devices that connect to the address in the window; of a process 1. */
  readonly devices: number;
  /** Other processes that connect to it, on any device: the first 10 by name. */
  readonly otherProcesses: readonly string[];
  readonly fleet: OfflineFleet;
  /** Remote ports and host names in the reports: at most 10 of each. Of the KQL rule alone empty. */
  readonly ports: readonly number[];
  readonly hosts: readonly string[];
  readonly onlyFailed: boolean;
  /** The other addresses of the process on this device that at most `few` devices use: the busiest 50. */
  readonly otherAddresses: readonly RareAddress[];
}

/** What `regularity` measured. */
export interface OfflineRegularity extends RegularityNumbers {
  /** How it matched; null: no match. It stays where the group is common, which is no match of the detector. */
  readonly way: 'score' | 'session' | 'process' | null;
  /** The views unrounded, with the n and k of their score. */
  readonly measuredViews: readonly View[];
  /** null for a process. */
  readonly session: Session | null;
  /** Devices that are regular with this address, or on which this process is regular with this network, if more. */
  readonly regularDevices: number;
  /** The addresses that were summed: of a process the busiest 50; of a group its own. */
  readonly remoteIPs: readonly RareAddress[];
  /** The number of all. */
  readonly addresses: number;
}

export interface RareAddress {
  readonly RemoteIP: string;
  readonly connections: number;
  readonly hosts: readonly string[];
}

/** What the rest of the fleet says of a detection. */
export interface OfflineFleet {
  /** Devices of the window, and the numbers of them that are few and many. */
  readonly devices: number;
  readonly few: number;
  readonly many: number;
  /** Whether the process had not used the network before the last seven days; false where the files do not reach back. */
  readonly isNew: boolean;
  /** What `regularity` counts by. */
  readonly unit: BinUnit;
  /** What `regularity` compares with. */
  readonly settings: FleetSettings;
}

/** What is regular on more than `many` devices: no detection of `regularity`. */
export interface CommonService {
  readonly InitiatingProcessFileName: string;
  readonly network: string;
  /** Devices on which the process is regular with the network. */
  readonly devices: number;
  /** The most devices that are regular with one of its addresses, by any process. */
  readonly addressDevices: number;
  /** Regular groups, and their addresses. */
  readonly groups: number;
  readonly addresses: number;
  /** Seconds between connections: the median of the groups. */
  readonly interval: number;
  /** Host names, by name, at most 10. */
  readonly hosts: readonly string[];
}

/** What `score` finds in files. */
export interface OfflineDetections {
  /** Unordered. */
  readonly detections: readonly OfflineDetection[];
  /** Most devices first. */
  readonly common: readonly CommonService[];
  readonly fleet: Omit<OfflineFleet, 'isNew'>;
  /** Groups with reports in the window that a detector has in scope. */
  readonly groups: number;
  /** Reports and raw events, each once. */
  readonly counted: number;
  /** The first groups that a filter fits, and how many do; null where nothing was to be explained. */
  readonly explained: Pick<Explanations, 'first' | 'total'> | null;
}
