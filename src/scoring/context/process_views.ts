import { bin, type Hour } from '../../core/kql/bin.ts';
import { type Timestamp, timestampFromMs } from '../../core/kql/timestamp.ts';
import { SOURCES } from '../../core/records/report.ts';
import type { RegularityThresholds } from '../../core/regularity/assessment.ts';
import { deviceHashOf } from '../../core/regularity/device_hash.ts';
import type { DeviceOn } from '../../core/regularity/points.ts';
import { type MeasuredProcess, processRegularityOf } from '../../core/regularity/process_view.ts';
import { HOUR_SECONDS, WINDOW_SECONDS } from '../../core/regularity/time_bin.ts';
import type { TimedCount } from '../../core/regularity/timed_count.ts';
import { wholeSecondOf } from '../../core/regularity/whole_second.ts';
import { compareText } from '../../core/text/compare_text.ts';
import { processIdOf } from '../../storage/keys.ts';
import type { ContextFiles } from '../../storage/ports/context.ts';
import { readContextFile } from './context_file.ts';
import type { FleetContext } from './fleet_context.ts';
import { decodeRare, RARE_SECTION } from './merged_codec.ts';
import { mergedProcesses } from './merged_processes.ts';
import { mergedName } from './names.ts';
import { PossibleProcess } from './possible_process.ts';
import type { GroupedProcess, ProcessGroup } from './process_codec.ts';
import type { ProcessKey } from './process_order.ts';

/** What the process view measures with. */
export interface ProcessFleet {
  readonly context: FleetContext;
  readonly thresholds: RegularityThresholds;
}

/** What the process view finds of a process on a device. */
export type ProcessFinding = RegularProcess | ListedProcess;

/** The sum of its addresses matches. */
export interface RegularProcess extends ProcessKey {
  readonly kind: 'regular';
  /** 32 hex digits. */
  readonly groupId: string;
  readonly assessment: MeasuredProcess;
  /** The addresses, those with the most connections first. */
  readonly addresses: readonly SummedAddress[];
  /** Of the addresses with the newest reports the hour of these: at most `MOST_NEWEST`, the newest first. */
  readonly newest: readonly { readonly RemoteIP: string; readonly hour: Hour }[];
  /** The connections of all addresses, in order of time. */
  readonly counts: readonly TimedCount[];
  /** The process is new in each of their networks. */
  readonly isNew: boolean;
}

/** An address of it matches by itself: the others, if any, belong to the detection of that address. */
export interface ListedProcess extends ProcessKey {
  readonly kind: 'listed';
  readonly groupId: string;
  readonly matching: readonly string[];
  readonly others: readonly string[];
}

export interface SummedAddress {
  readonly RemoteIP: string;
  readonly connections: number;
}

/** Addresses that a finding names. */
const MAX_NAMED = 100;
/** Addresses whose newest reports are read: each is a request. */
const MOST_NEWEST = 4;

/**
 * The process view of the runs before `asOf`, from what the partitions left: the addresses of each process on a device, of those
 * whose process and network few devices use, are summed. Only what matches, or belongs to a match, is given. Holds a section of
 * each partition, the rare pairs and the counts of one process. Partials that cannot be read are skipped: `onFault` gets a
 * sentence. Throws an UnreadableFileError where the merged file is gone.
 */
export async function* processViews(
  files: ContextFiles,
  asOf: Timestamp,
  fleet: ProcessFleet,
  onFault: (fault: string) => void,
): AsyncGenerator<ProcessFinding> {
  const { context } = fleet;
  const rare = await readContextFile(files, mergedName(asOf), RARE_SECTION, decodeRare);
  const last = wholeSecondOf(newestOf(context));
  // A partition whose last partial is missing has an older window.
  const wanted = { has: (pair: number) => rare.has(pair), first: last - WINDOW_SECONDS, last };
  const possible = new PossibleProcess(context, fleet.thresholds.match, Math.floor(last / HOUR_SECONDS));
  for await (const runs of mergedProcesses(files, context, wanted, onFault)) {
    for (const process of runs) {
      const finding = findingOfProcess(process, fleet, possible);
      if (finding !== null) yield finding;
    }
  }
}

function findingOfProcess(
  { groups, source, DeviceName, InitiatingProcessFileName }: GroupedProcess,
  { context, thresholds }: ProcessFleet,
  possible: PossibleProcess,
): ProcessFinding | null {
  const key = { source, DeviceName, InitiatingProcessFileName };
  const matching = groups.filter(({ matchesByItself }) => matchesByItself);
  if (matching.length > 0) {
    const others = groups.filter(({ matchesByItself }) => !matchesByItself);
    return { kind: 'listed', ...key, groupId: processIdOf(key), matching: named(matching), others: named(others) };
  }
  if (groups.length === 1 || !possible.of(key, groups)) return null;
  // Only rare pairs are summed.
  const addresses = groups.map((group) => ({ ...group, devices: 1, counts: countsOf(group) }));
  const deviceOn = deviceOnOf(key, context);
  const assessment = processRegularityOf(addresses, context.few, deviceOn, HOUR_SECONDS, thresholds);
  if (!assessment.measured || assessment.way === null) return null;
  const counts = groups.flatMap(countsOf).sort((a, b) => a.second - b.second);
  const isNew = groups.every(({ pair }) => context.isNewPair(pair));
  const read = { addresses: busiest(groups).slice(0, MAX_NAMED), newest: newestHours(groups) };
  return { kind: 'regular', ...key, groupId: processIdOf(key), assessment, ...read, counts, isNew };
}

function countsOf({ seconds, counts }: ProcessGroup): TimedCount[] {
  return seconds.map((second, at) => ({ second, count: counts[at] as number }));
}

/** All hours in which the device reported. */
function deviceOnOf({ source, DeviceName }: ProcessKey, context: FleetContext): DeviceOn {
  const { hours } = context;
  const slot = hours.find(deviceHashOf(DeviceName), SOURCES.indexOf(source));
  return slot === -1 ? null : { has: (hour) => hours.groupsAt(slot, hour) > 0 };
}

function busiest(groups: readonly ProcessGroup[]): SummedAddress[] {
  return groups
    .map(({ RemoteIP, counts }) => ({ RemoteIP, connections: counts.reduce((sum, count) => sum + count, 0) }))
    .sort((a, b) => b.connections - a.connections || compareText(a.RemoteIP, b.RemoteIP));
}

/** Of each address the newest hour alone: rows of several say more of a program than more rows of one. */
function newestHours(groups: readonly ProcessGroup[]): RegularProcess['newest'] {
  return groups
    .map(({ RemoteIP, seconds }) => ({ RemoteIP, second: seconds.at(-1) as number }))
    .sort((a, b) => b.second - a.second || compareText(a.RemoteIP, b.RemoteIP))
    .slice(0, MOST_NEWEST)
    .map(({ RemoteIP, second }) => ({ RemoteIP, hour: bin(timestampFromMs(second * 1000), '1h') }));
}

function named(groups: readonly ProcessGroup[]): string[] {
  return busiest(groups)
    .slice(0, MAX_NAMED)
    .map(({ RemoteIP }) => RemoteIP);
}

function newestOf({ counted }: FleetContext): Timestamp {
  return [...counted.values()].reduce((newest, each) => (each > newest ? each : newest));
}
