import type { Timestamp } from './timestamp.ts';

/** The kind of telemetry that a report comes from, never the route by which it came. Groups of two sources never mix. */
export type Source = 'defender';

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

/** The part of a record that the rule needs. */
export interface Report extends GroupKey {
  /** The report's own time. */
  readonly Timestamp: Timestamp;
  /** Connections in the reported hour; null where the report names no number, as Kusto's toint() has it. */
  readonly count: number | null;
  /**
   * What tells this report from every other, as text: the same for each delivery of it by whatever route, so that
   * deliveries can be told from reports. Hashed before it is kept.
   */
  readonly identity: string;
  readonly facts: Facts;
}

/** Names longer than this are no names: such a report is a dead letter. */
export const MAX_NAME_LENGTH = 1024;
export const MAX_FACT_LENGTH = 512;
