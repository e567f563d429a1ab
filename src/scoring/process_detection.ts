import { ANY_REMOTE } from '../core/detections/assessments.ts';
import { severityInFleet } from '../core/detections/severity.ts';
import { type MeasuredProcess, processRegularityOf } from '../core/regularity/process_view.ts';
import type { TimedCount } from '../core/regularity/timed_count.ts';
import { isRipe, measuredNumbersOf, NO_HISTORY, regularityFacts } from './group_detection.ts';
import { hourlySums } from './offline_candidates.ts';
import type { OfflineContext } from './offline_context.ts';
import type { OfflineDetection, RareAddress } from './offline_detection.ts';
import type { ProcessAddresses } from './process_rows.ts';
import { MAX_SEEN, type TimedGroup } from './timed_groups.ts';

/** Addresses that a detection lists. */
const MAX_LISTED = 50;

/**
 * Judges the rare addresses of a process together. If they match, it adds a detection of the process; if one of them matches
 * by itself, it lists the others under the detections of those. `ownMatches`: the ids of the groups that match.
 */
export function addProcess(
  process: ProcessAddresses,
  detections: Map<string, OfflineDetection>,
  ownMatches: ReadonlySet<string>,
  context: OfflineContext,
): void {
  const { addresses, processId } = process;
  const own = addresses.filter(({ ownId }) => ownMatches.has(ownId));
  if (own.length > 0) {
    for (const { ownId } of own) {
      const detection = detections.get(ownId);
      const others = addresses.filter((each) => each.ownId !== ownId);
      if (detection !== undefined && others.length > 0)
        detections.set(ownId, { ...detection, otherAddresses: busiestOf(others) });
    }
    return;
  }
  const measured = process.isCut ? null : measuredProcess(process, context);
  if (measured !== null && measured.way !== null)
    detections.set(processId, processDetection(process, measured, context));
}

/** null where it cannot be measured. None of the addresses matches by itself. */
export function measuredProcess({ key, addresses }: ProcessAddresses, context: OfflineContext): MeasuredProcess | null {
  const { few, binSeconds } = context;
  const rare = addresses.map(({ key: { RemoteIP }, counts }) => ({
    RemoteIP,
    counts,
    devices: 1,
    matchesByItself: false,
  }));
  const assessment = processRegularityOf(rare, few, context.onOf(key), binSeconds, context.settings.thresholds);
  return assessment.measured ? assessment : null;
}

function processDetection(
  { key, addresses, processId }: ProcessAddresses,
  measured: MeasuredProcess,
  context: OfflineContext,
): OfflineDetection {
  const { few, many, devices } = context;
  const onlyFailed = addresses.every((each) => each.onlyFailed);
  // Addresses of several networks: it is new if all of them are.
  const isNew = addresses.every(({ place }) => context.isNew({ ...key, ...place }));
  const firsts = addresses.map(({ firstHour }) => firstHour).sort();
  const lasts = addresses.map(({ lastHour }) => lastHour).sort();
  const remoteIPs = addresses.map(({ key: { RemoteIP } }) => RemoteIP);
  const known = context.knownOf({ ...key, programHash: null, addresses: remoteIPs });
  const regularDevices = 1;
  const facts = {
    ...{ kqlRule: null, regularity: regularityFacts(measured, onlyFailed) },
    ...{ regularDevices, isNew, ...NO_HISTORY, known, few, many },
  };
  return {
    ...key,
    RemoteIP: ANY_REMOTE,
    groupId: processId,
    // A process has at least two addresses.
    FirstConnection: firsts[0] as (typeof firsts)[number],
    LastConnection: lasts.at(-1) as (typeof lasts)[number],
    detectors: ['regularity'],
    rule: null,
    regularity: {
      ...measuredNumbersOf(measured),
      session: null,
      regularDevices,
      remoteIPs: busiestOf(addresses),
      addresses: measured.addresses,
    },
    ...severityInFleet(facts, isRipe(measured, context)),
    known,
    hours: hourlySums(
      context.window,
      addresses.flatMap(({ counts }) => counts),
    ),
    ...{ devices: 1, otherProcesses: [], onlyFailed },
    fleet: { devices, few, many, isNew, unit: context.unit, settings: context.settings },
    ports: [...new Set(addresses.flatMap(({ ports }) => ports))].sort((a, b) => a - b).slice(0, MAX_SEEN),
    hosts: [...new Set(addresses.flatMap(({ hosts }) => hosts))].sort().slice(0, MAX_SEEN),
    otherAddresses: [],
  };
}

function busiestOf(addresses: readonly TimedGroup[]): RareAddress[] {
  return addresses
    .map(({ key: { RemoteIP }, counts, hosts }) => ({ RemoteIP, connections: sumOf(counts), hosts }))
    .sort((a, b) => b.connections - a.connections)
    .slice(0, MAX_LISTED);
}

function sumOf(counts: readonly TimedCount[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}
