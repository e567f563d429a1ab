import { DAY_MS } from '../kql/timespan.ts';
import { msOf, type Timestamp } from '../kql/timestamp.ts';
import { isFailure } from '../records/contribution.ts';
import { type Facts, isRaw, type Source, type TEXT_FACTS } from '../records/report.ts';
import { type Detection, type ListedTraffic, MAX_TRAFFIC_ROWS, type Traffic, type TrafficLists } from './detection.ts';

const MAX_PORTS = 10;
const LONG = 5;
const SHORT = 3;

type ListedFact = Exclude<(typeof TEXT_FACTS)[number], 'ActionType'>;

/** The fact and the most values of each list. */
const LISTS: { readonly [Name in keyof TrafficLists]: readonly [fact: ListedFact, most: number] } = {
  localIPs: ['LocalIP', LONG],
  sha1: ['InitiatingProcessSHA1', LONG],
  sha256: ['InitiatingProcessSHA256', LONG],
  folderPaths: ['InitiatingProcessFolderPath', LONG],
  accounts: ['InitiatingProcessAccountName', LONG],
  urls: ['RemoteUrl', LONG],
  deviceIds: ['DeviceId', SHORT],
  processIds: ['InitiatingProcessId', SHORT],
  commandLines: ['InitiatingProcessCommandLine', SHORT],
  parents: ['InitiatingProcessParentFileName', SHORT],
  companies: ['InitiatingProcessVersionInfoCompanyName', SHORT],
  products: ['InitiatingProcessVersionInfoProductName', SHORT],
  versions: ['InitiatingProcessVersionInfoProductVersion', SHORT],
  domains: ['InitiatingProcessAccountDomain', SHORT],
  upns: ['InitiatingProcessAccountUpn', SHORT],
  integrityLevels: ['InitiatingProcessIntegrityLevel', SHORT],
  protocols: ['Protocol', SHORT],
};

/** What `listOf` gives for each list of texts, by its name. */
export function trafficLists<T>(listOf: (name: keyof TrafficLists) => T): {
  readonly [Name in keyof TrafficLists]: T;
} {
  const names = Object.keys(LISTS) as (keyof TrafficLists)[];
  return Object.fromEntries(names.map((name) => [name, listOf(name)])) as { readonly [Name in keyof TrafficLists]: T };
}

/** The newest text of each list, by the name of its fact; '' for none. */
export function newestFacts(lists: TrafficLists): Readonly<Record<ListedFact, string>> {
  const newest = Object.entries(LISTS).map(([name, [fact]]) => [fact, lists[name as keyof TrafficLists][0] ?? '']);
  return Object.fromEntries(newest) as Record<ListedFact, string>;
}

/** The traffic of a match whose rows no run has read yet. */
export const NO_TRAFFIC: Traffic = Object.freeze({
  asOf: '',
  ports: [],
  succeeded: 0,
  failed: 0,
  ...trafficLists((): readonly string[] => []),
});

const LISTED_PORTS = 3;

export function listedTraffic({ accounts, ports }: Traffic): ListedTraffic {
  return { account: accounts[0] ?? '', ports: ports.slice(0, LISTED_PORTS).map(({ port }) => port) };
}

/** The facts of one report. */
export interface SourcedFacts {
  readonly source: Source;
  readonly facts: Facts;
}

/**
 * Summarizes the facts of a group's newest rows: ports, failures, and lists of texts. The rows come in time order. A list is empty where the telemetry has no such facts.
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
    ...trafficLists((name) => {
      const [fact, most] = LISTS[name];
      return distinct(
        facts.map((each) => each[fact]),
        most,
      );
    }),
  };
}

/** The traffic of an active detection is read again after this time. */
export const TRAFFIC_MS = DAY_MS;

/**
 * Whether a run reads the traffic of a match: at the opening, at a change after the decision, and once a day. Each read is a
 * request, so not every hour, and not for the decision itself, an hour after the opening. Repeating a run reads nothing.
 */
export function needsTraffic(before: Detection | null, now: Detection): boolean {
  if (before === null || before.traffic.asOf === '') return true;
  if (before.episode !== now.episode) return true;
  if (before.decision.isDecided && before.revision !== now.revision) return true;
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

function distinct(values: readonly (string | undefined)[], most: number): string[] {
  return [...new Set(values.filter((value) => value !== undefined && value !== ''))].slice(0, most) as string[];
}
