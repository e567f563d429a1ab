import type { Timestamp } from '../kql/timestamp.ts';

/**
 * The kinds of telemetry, not the routes of delivery. Reports of different sources never share a group.
 *
 * - `defender`: Defender's hourly aggregated reports, for which the rule was written.
 * - `defender-raw`: Defender's single `ConnectionSuccess` events; the sensor samples these.
 * - `sysmon`: Sysmon's network connections (Event ID 3).
 * - `wfp`: connections that the Windows Filtering Platform permitted (Security 5156).
 * - `zeek`: connections between hosts that a Zeek sensor saw in the network (conn.log), without a process.
 */
export const SOURCES = ['defender', 'defender-raw', 'sysmon', 'wfp', 'zeek'] as const;
export type Source = (typeof SOURCES)[number];

/** Whether the reports of a source are single events. Each is one connection; their number is the count of the hour. */
export function isRaw(source: Source): boolean {
  return source !== 'defender';
}

/** The key of a group: the rule's `by DeviceName, InitiatingProcessFileName, RemoteIP`, within one source. */
export interface GroupKey {
  readonly source: Source;
  /** '' where the telemetry has none, as in Kusto; the same holds for the other two. Case-sensitive. */
  readonly DeviceName: string;
  readonly InitiatingProcessFileName: string;
  readonly RemoteIP: string;
}

/** Context for an analyst. Each at most `MAX_FACT_LENGTH` characters; absent where the telemetry has none. */
export interface Facts {
  readonly ActionType?: string;
  readonly RemotePort?: number;
  readonly LocalIP?: string;
  readonly InitiatingProcessSHA1?: string;
  readonly InitiatingProcessSHA256?: string;
  readonly InitiatingProcessFolderPath?: string;
  readonly InitiatingProcessAccountName?: string;
  readonly RemoteUrl?: string;
  readonly DeviceId?: string;
  /** A number as text. */
  readonly InitiatingProcessId?: string;
  readonly InitiatingProcessCommandLine?: string;
  readonly InitiatingProcessParentFileName?: string;
  readonly InitiatingProcessVersionInfoCompanyName?: string;
  readonly InitiatingProcessVersionInfoProductName?: string;
  readonly InitiatingProcessVersionInfoProductVersion?: string;
  readonly InitiatingProcessAccountDomain?: string;
  readonly InitiatingProcessAccountUpn?: string;
  readonly InitiatingProcessIntegrityLevel?: string;
  readonly Protocol?: string;
}

/** Facts about the program, its start and its account. They are stored in this order: new ones go to the end. */
export const PROGRAM_FACTS = [
  'DeviceId',
  'InitiatingProcessId',
  'InitiatingProcessCommandLine',
  'InitiatingProcessParentFileName',
  'InitiatingProcessVersionInfoCompanyName',
  'InitiatingProcessVersionInfoProductName',
  'InitiatingProcessVersionInfoProductVersion',
  'InitiatingProcessAccountDomain',
  'InitiatingProcessAccountUpn',
  'InitiatingProcessIntegrityLevel',
  'Protocol',
] as const satisfies readonly (keyof Facts)[];

/** The facts that are text, by the names of their columns in Defender's table. */
export const TEXT_FACTS = [
  'ActionType',
  'LocalIP',
  'InitiatingProcessSHA1',
  'InitiatingProcessSHA256',
  'InitiatingProcessFolderPath',
  'InitiatingProcessAccountName',
  'RemoteUrl',
  ...PROGRAM_FACTS,
] as const satisfies readonly (keyof Facts)[];

/** The part of a record that the rule needs. */
export interface Report extends GroupKey {
  /** The report's own time. */
  readonly Timestamp: Timestamp;
  /**
   * Connections in the reported hour; null where the report has no number (Kusto's toint()). A raw event has 1.
   */
  readonly count: number | null;
  /**
   * Identifies the report, as text: equal for all its deliveries by any route, so that a redelivery is recognized. Hashed
   * before it is stored. null for a raw event, which has no identity.
   */
  readonly identity: string | null;
  readonly facts: Facts;
}

/** A report with a longer name or address becomes a dead letter. */
export const MAX_NAME_LENGTH = 1024;
export const MAX_FACT_LENGTH = 512;
