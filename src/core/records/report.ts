import type { Timestamp } from '../kql/timestamp.ts';

/**
 * The kinds of telemetry that reports come from, never the route by which they came. Groups of two sources never mix.
 *
 * - `defender`: Defender's hourly aggregated reports, which the rule was written for.
 * - `defender-raw`: Defender's single `ConnectionSuccess` events; the sensor samples these.
 * - `sysmon`: Sysmon's network connections (Event ID 3).
 * - `wfp`: connections that the Windows Filtering Platform permitted (Security 5156).
 */
export const SOURCES = ['defender', 'defender-raw', 'sysmon', 'wfp'] as const;
export type Source = (typeof SOURCES)[number];

/** Whether the reports of a source are single events, each one connection: the hour's count is how many there are. */
export function isRaw(source: Source): boolean {
  return source !== 'defender';
}

/** What makes a group: the rule's `by DeviceName, InitiatingProcessFileName, RemoteIP`, within one source. */
export interface GroupKey {
  readonly source: Source;
  /** '' where the telemetry has none, as in Kusto; so the other two. Exact: case counts. */
  readonly DeviceName: string;
  readonly InitiatingProcessFileName: string;
  readonly RemoteIP: string;
}

/** What an analyst will ask of a hit. Each at most `MAX_FACT_LENGTH` characters; absent where the telemetry is silent. */
export interface Facts {
  readonly ActionType?: string;
  readonly RemotePort?: number;
  readonly LocalIP?: string;
  readonly InitiatingProcessSHA1?: string;
  readonly InitiatingProcessSHA256?: string;
  readonly InitiatingProcessFolderPath?: string;
  readonly InitiatingProcessAccountName?: string;
  readonly RemoteUrl?: string;
}

/** The facts that are text, by the names of their columns, in Defender's table and in ours. */
export const TEXT_FACTS = [
  'ActionType',
  'LocalIP',
  'InitiatingProcessSHA1',
  'InitiatingProcessSHA256',
  'InitiatingProcessFolderPath',
  'InitiatingProcessAccountName',
  'RemoteUrl',
] as const satisfies readonly (keyof Facts)[];

/** The part of a record that the rule needs. */
export interface Report extends GroupKey {
  /** The report's own time. */
  readonly Timestamp: Timestamp;
  /**
   * Connections in the reported hour; null where the report names no number, as Kusto's toint() has it. Of a raw event 1.
   */
  readonly count: number | null;
  /**
   * What tells this report from every other, as text: the same for each delivery of it by whatever route, so that
   * deliveries can be told from reports. Hashed before it is kept. A raw event has none: null.
   */
  readonly identity: string | null;
  readonly facts: Facts;
}

/** Names longer than this are no names: such a report is a dead letter. */
export const MAX_NAME_LENGTH = 1024;
export const MAX_FACT_LENGTH = 512;
