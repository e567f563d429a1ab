import { DAY_MS } from '../kql/timespan.ts';
import { msOf, type Timestamp } from '../kql/timestamp.ts';
import { isFailure } from '../records/contribution.ts';
import { type Facts, isRaw, type Source } from '../records/report.ts';
import { type Detection, MAX_TRAFFIC_ROWS, type Traffic } from './detection.ts';

const MAX_PORTS = 10;
const MAX_VALUES = 5;

/** The traffic of a match whose rows no run has read yet. */
export const NO_TRAFFIC: Traffic = Object.freeze({
  asOf: '',
  ports: [],
  succeeded: 0,
  failed: 0,
  localIPs: [],
  sha1: [],
  sha256: [],
  folderPaths: [],
  accounts: [],
  urls: [],
});

/** The facts of one report. */
export interface SourcedFacts {
  readonly source: Source;
  readonly facts: Facts;
}

/**
 * Summarizes the facts of a group's newest rows: ports, failures, local addresses, programs, accounts, remote names. The
 * rows come in time order. A list is empty where the telemetry has no such facts.
 */
export function trafficOf(rows: readonly SourcedFacts[], asOf: Timestamp): Traffic {
  const newest = rows.slice(-MAX_TRAFFIC_ROWS).toReversed();
  const facts = newest.map((row) => row.facts);
  const failed = newest.filter(({ facts }) => isFailure(facts)).length;
  const succeeded = newest.filter(({ source, facts }) => isSuccess(source, facts.ActionType)).length;
  return {
    asOf,
    ports: portsOf(facts),
    succeeded,
    failed,
    localIPs: distinct(facts.map(({ LocalIP }) => LocalIP)),
    sha1: distinct(facts.map(({ InitiatingProcessSHA1 }) => InitiatingProcessSHA1)),
    sha256: distinct(facts.map(({ InitiatingProcessSHA256 }) => InitiatingProcessSHA256)),
    folderPaths: distinct(facts.map(({ InitiatingProcessFolderPath }) => InitiatingProcessFolderPath)),
    accounts: distinct(facts.map(({ InitiatingProcessAccountName }) => InitiatingProcessAccountName)),
    urls: distinct(facts.map(({ RemoteUrl }) => RemoteUrl)),
  };
}

/** The traffic of an active detection is read again after this time. */
export const TRAFFIC_MS = DAY_MS;

/**
 * Whether a run reads the traffic of a match: at the opening, at a new revision, and once a day. Each read is a request,
 * so not every hour. Repeating a run reads nothing.
 */
export function needsTraffic(before: Detection | null, now: Detection): boolean {
  if (before === null || before.traffic.asOf === '') return true;
  if (before.episode !== now.episode || before.revision !== now.revision) return true;
  return msOf(now.asOf) - msOf(before.traffic.asOf) >= TRAFFIC_MS;
}

/** `ConnectionSuccess…`, and raw events without an ActionType: Sysmon and the filtering platform log permitted connections. */
function isSuccess(source: Source, actionType: string | undefined): boolean {
  if (actionType === undefined) return isRaw(source);
  return /^ConnectionSuccess/i.test(actionType);
}

function portsOf(facts: readonly Facts[]): Traffic['ports'] {
  const reports = new Map<number, number>();
  for (const { RemotePort } of facts) {
    if (RemotePort !== undefined) reports.set(RemotePort, (reports.get(RemotePort) ?? 0) + 1);
  }
  return [...reports]
    .map(([port, reports]) => ({ port, reports }))
    .sort((a, b) => b.reports - a.reports || a.port - b.port)
    .slice(0, MAX_PORTS);
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined && value !== ''))].slice(0, MAX_VALUES) as string[];
}
