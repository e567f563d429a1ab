import { compareText } from '../core/text/compare_text.ts';
import type { OfflineCandidate } from './offline_candidates.ts';
import type { CommonService } from './offline_detection.ts';
import { MAX_SEEN } from './timed_groups.ts';

/** What is regular on many devices, by process and network: most devices first. */
export function commonServices(candidates: readonly OfflineCandidate[]): CommonService[] {
  const byAddress = new Map<string, Set<string>>();
  const byPair = new Map<string, OfflineCandidate[]>();
  for (const candidate of candidates) {
    const { key, place } = candidate;
    if (place === null) continue;
    const devices = byAddress.get(place.address) ?? new Set();
    byAddress.set(place.address, devices.add(key.DeviceName));
    const pair = `${place.network} ${key.InitiatingProcessFileName}`;
    const groups = byPair.get(pair) ?? [];
    byPair.set(pair, groups);
    groups.push(candidate);
  }
  const services = [...byPair.values()].map((groups) => serviceOf(groups, byAddress));
  return services.sort((a, b) => b.devices - a.devices || b.groups - a.groups || compareNames(a, b));
}

function serviceOf(
  groups: readonly OfflineCandidate[],
  byAddress: ReadonlyMap<string, ReadonlySet<string>>,
): CommonService {
  const [first] = groups as [OfflineCandidate];
  const addresses = new Set(groups.map(({ place }) => place?.address ?? ''));
  const intervals = groups.map(({ measured }) => measured?.interval ?? 0).sort((a, b) => a - b);
  return {
    InitiatingProcessFileName: first.key.InitiatingProcessFileName,
    network: first.place?.network ?? '',
    devices: new Set(groups.map(({ key }) => key.DeviceName)).size,
    addressDevices: Math.max(...[...addresses].map((address) => byAddress.get(address)?.size ?? 0)),
    groups: groups.length,
    addresses: addresses.size,
    interval: intervals[Math.floor(intervals.length / 2)] ?? 0,
    hosts: [...new Set(groups.flatMap(({ hosts }) => hosts))].sort().slice(0, MAX_SEEN),
  };
}

function compareNames(a: CommonService, b: CommonService): number {
  return compareText(a.InitiatingProcessFileName, b.InitiatingProcessFileName) || compareText(a.network, b.network);
}
