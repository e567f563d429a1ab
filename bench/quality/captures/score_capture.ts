import { msOf, type Timestamp } from '../../../src/core/kql/timestamp.ts';
import { isInScope } from '../../../src/core/records/in_scope.ts';
import { regularityOf } from '../../../src/core/regularity/assessment.ts';
import { DeviceHours } from '../../../src/core/regularity/device_hours.ts';
import { fewDevicesOf, manyDevicesOf } from '../../../src/core/regularity/fleet_limits.ts';
import { processRegularityOf } from '../../../src/core/regularity/process_view.ts';
import { type PublicAddress, publicAddressOf } from '../../../src/core/regularity/public_address.ts';
import { RegularDevices } from '../../../src/core/regularity/regular_devices.ts';
import { HOUR_SECONDS } from '../../../src/core/regularity/time_bin.ts';
import { summedPer, type TimedCount } from '../../../src/core/regularity/timed_count.ts';
import { kqlOf } from '../detectors.ts';
import { isRivalMatch, RIVALS, type Rival, rivalScores } from '../rivals/rivals.ts';
import { WINDOW_HOURS } from '../simulated.ts';
import type { CapturedConnection } from './conversion.ts';

/** Which detector a list of detections is of. `both`: of the product's two together. */
export type CaptureDetector = 'kql-rule' | 'regularity' | 'both' | Rival;
export const CAPTURE_DETECTORS: readonly CaptureDetector[] = ['kql-rule', 'regularity', 'both', ...RIVALS];

/** A detection: of one pair of hosts, or of several addresses of one host. */
export interface CaptureDetection {
  readonly key: string;
  readonly DeviceName: string;
  readonly addresses: readonly string[];
  /** Detections are in the order of it, the largest first. */
  readonly strength: number;
}

interface CapturedGroup extends PublicAddress {
  readonly DeviceName: string;
  readonly process: string;
  readonly RemoteIP: string;
  readonly times: number[];
  readonly sizes: number[];
  counts: readonly TimedCount[];
  hours: ReadonlySet<number>;
}

/** The detections of a capture by each detector, each in the detector's own order. The capture is its own context. */
export function scoreCapture(
  connections: readonly CapturedConnection[],
  now: Timestamp,
): Readonly<Record<CaptureDetector, readonly CaptureDetection[]>> {
  const asOf = msOf(now) / 1000;
  const groups = groupsOf(connections, asOf);
  const kql = inOrder(groups.flatMap(kqlDetection));
  const regularity = inOrder(regularDetections(groups, asOf));
  const rivals = rivalDetections(connections);
  return { 'kql-rule': kql, regularity, both: together(kql, regularity), ...rivals };
}

function groupsOf(connections: readonly CapturedConnection[], asOf: number): CapturedGroup[] {
  const groups = new Map<string, CapturedGroup>();
  for (const { DeviceName, process, RemoteIP, time, bytes } of connections) {
    const place = publicAddressOf(RemoteIP);
    const start = Math.floor(time / HOUR_SECONDS) * HOUR_SECONDS;
    if (place === null || start < asOf - WINDOW_HOURS * HOUR_SECONDS || start >= asOf) continue;
    const key = JSON.stringify([DeviceName, process, RemoteIP]);
    let group = groups.get(key);
    if (group === undefined) {
      group = { ...place, DeviceName, process, RemoteIP, times: [], sizes: [], counts: [], hours: new Set() };
      groups.set(key, group);
    }
    group.times.push(time);
    group.sizes.push(bytes);
  }
  for (const group of groups.values()) {
    group.counts = summedPer(
      HOUR_SECONDS,
      group.times.map((time) => ({ second: Math.floor(time), count: 1 })),
    );
    group.hours = new Set(group.counts.map(({ second }) => second / HOUR_SECONDS));
  }
  return [...groups.values()];
}

function kqlDetection(group: CapturedGroup): CaptureDetection[] {
  if (!isInScope(group.RemoteIP)) return [];
  const assessment = kqlOf(group.counts);
  return assessment.match ? [detectionOf(group, assessment.stats.avg)] : [];
}

function regularDetections(groups: readonly CapturedGroup[], asOf: number): CaptureDetection[] {
  const last = Math.floor(asOf / HOUR_SECONDS);
  const deviceHours = new DeviceHours(last - WINDOW_HOURS, last);
  for (const { DeviceName, hours } of groups) deviceHours.add({ source: 'zeek', DeviceName, hours });
  const regular = new RegularDevices(manyDevicesOf(deviceHours.devices) + 1);
  const matches = groups.flatMap((group) => {
    const { DeviceName, hours, counts } = group;
    const assessment = regularityOf(counts, deviceHours.onBeside({ source: 'zeek', DeviceName, hours }));
    return assessment.measured && assessment.way !== null ? [{ group, score: assessment.regularity }] : [];
  });
  for (const { group } of matches) regular.add({ ...group, InitiatingProcessFileName: group.process });
  const many = manyDevicesOf(deviceHours.devices);
  const found = matches.filter(
    ({ group }) => regular.of({ ...group, InitiatingProcessFileName: group.process }) <= many,
  );
  return [
    ...found.map(({ group, score }) => detectionOf(group, score)),
    ...processDetections(groups, new Set(matches.map(({ group }) => group)), deviceHours),
  ];
}

/** The addresses of one device and process, summed: those whose network few devices use. */
function processDetections(
  groups: readonly CapturedGroup[],
  matching: ReadonlySet<CapturedGroup>,
  deviceHours: DeviceHours,
): CaptureDetection[] {
  const users = new Map<string, Set<string>>();
  const processes = new Map<string, CapturedGroup[]>();
  const pairOf = ({ process, network }: CapturedGroup) => JSON.stringify([process, network]);
  for (const group of groups) {
    users.set(pairOf(group), (users.get(pairOf(group)) ?? new Set()).add(group.DeviceName));
    const key = JSON.stringify([group.DeviceName, group.process]);
    processes.set(key, [...(processes.get(key) ?? []), group]);
  }
  const few = fewDevicesOf(deviceHours.devices);
  return [...processes].flatMap(([key, members]): CaptureDetection[] => {
    const addresses = members.map((group) => ({
      ...{ RemoteIP: group.RemoteIP, counts: group.counts, matchesByItself: matching.has(group) },
      devices: users.get(pairOf(group))?.size ?? 0,
    }));
    const DeviceName = members[0]?.DeviceName ?? '';
    const deviceOn = deviceHours.onBeside({ source: 'zeek', DeviceName, hours: new Set() });
    const assessment = processRegularityOf(addresses, few, deviceOn);
    if (!assessment.measured || assessment.way === null) return [];
    const rare = addresses.filter(({ devices }) => devices <= few).map(({ RemoteIP }) => RemoteIP);
    return [{ key, DeviceName, addresses: rare, strength: assessment.regularity }];
  });
}

/** Rivals see pairs of hosts, without a process, over the whole capture. */
function rivalDetections(connections: readonly CapturedConnection[]): Record<Rival, readonly CaptureDetection[]> {
  const pairs = new Map<string, { DeviceName: string; RemoteIP: string; times: number[]; sizes: number[] }>();
  for (const { DeviceName, RemoteIP, time, bytes } of connections) {
    const key = JSON.stringify([DeviceName, RemoteIP]);
    const pair = pairs.get(key) ?? { DeviceName, RemoteIP, times: [], sizes: [] };
    pairs.set(key, pair);
    pair.times.push(time);
    pair.sizes.push(bytes);
  }
  const found: Record<Rival, CaptureDetection[]> = { rita: [], 'gap-variation': [], 'hour-variation': [] };
  const [from, to] = [connections[0]?.time ?? 0, connections.at(-1)?.time ?? 0];
  for (const [key, pair] of pairs) {
    const scores = rivalScores(pair, from, to);
    for (const rival of RIVALS) {
      if (!isRivalMatch(scores, rival)) continue;
      found[rival].push({ key, DeviceName: pair.DeviceName, addresses: [pair.RemoteIP], strength: scores[rival] ?? 0 });
    }
  }
  return {
    rita: inOrder(found.rita),
    'gap-variation': inOrder(found['gap-variation']),
    'hour-variation': inOrder(found['hour-variation']),
  };
}

function detectionOf({ DeviceName, process, RemoteIP }: CapturedGroup, strength: number): CaptureDetection {
  return { key: JSON.stringify([DeviceName, process, RemoteIP]), DeviceName, addresses: [RemoteIP], strength };
}

function inOrder(detections: readonly CaptureDetection[]): CaptureDetection[] {
  return detections.toSorted((a, b) => b.strength - a.strength || (a.key < b.key ? -1 : 1));
}

/** The union by group, in the order of the best rank in either list. */
function together(...lists: readonly (readonly CaptureDetection[])[]): CaptureDetection[] {
  const best = new Map<string, { readonly detection: CaptureDetection; readonly rank: number }>();
  for (const list of lists) {
    for (const [rank, detection] of list.entries()) {
      const known = best.get(detection.key);
      if (known === undefined || rank < known.rank) best.set(detection.key, { detection, rank });
    }
  }
  return [...best.values()].toSorted((a, b) => a.rank - b.rank).map(({ detection }) => detection);
}
