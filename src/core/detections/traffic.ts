import { msOf, type Timestamp } from '../kql/timestamp.ts';
import { type Facts, isRaw, type Source } from '../records/report.ts';
import { type Detection, MAX_TRAFFIC_ROWS, type Traffic } from './detection.ts';

const MAX_PORTS = 10;
const MAX_VALUES = 5;

/** Of a match that nobody has looked behind yet. */
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

/** A report and what it says. */
export interface Behind {
  readonly source: Source;
  readonly facts: Facts;
}

/**
 * What the newest of a group's rows, given in time order, say beside their counts: which ports, how often it failed, from
 * which addresses, what program under which account, to which names. Empty lists where the telemetry is silent.
 */
export function trafficOf(rows: readonly Behind[], asOf: Timestamp): Traffic {
  const newest = rows.slice(-MAX_TRAFFIC_ROWS).toReversed();
  const facts = newest.map((row) => row.facts);
  const failed = newest.filter(({ facts }) => isFailure(facts.ActionType)).length;
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

/** What is behind a live detection is read again after so long. */
export const TRAFFIC_MS = 24 * 3_600_000;

/**
 * Whether a run reads what is behind a match: where it opens, where there is a change to be told, and once a day. A
 * request each, so not every hour; the same run once more reads nothing.
 */
export function isToBeRead(before: Detection | null, now: Detection): boolean {
  if (before === null || before.traffic.asOf === '') return true;
  if (before.episode !== now.episode || before.revision !== now.revision) return true;
  return msOf(now.asOf) - msOf(before.traffic.asOf) >= TRAFFIC_MS;
}

/** `ConnectionFailedAggregatedReport`, `ConnectionFailed`: Defender's names, in whatever case. */
function isFailure(actionType = ''): boolean {
  return /^ConnectionFailed/i.test(actionType);
}

/** `ConnectionSuccess…`; of events that have no ActionType: Sysmon and the filtering platform log what was let through. */
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
