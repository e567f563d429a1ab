import type { Contribution } from '../../src/core/records/contribution.ts';
import { PARTITIONS } from '../../src/storage/keys.ts';
import type { HourlyCounts } from '../../src/storage/ports/hourly_counts.ts';
import { streamingCounts } from './streaming_counts.ts';
import { PROGRAMS_OF_ROWS } from './wire_rows.ts';

/**
 * Who uses what in a fleet. `usual`: of 4,000 networks (/16) the first has 8 % of the addresses, and the one of rank n an nth of
 * it, since a few clouds hold most of what devices connect to. `rare`: each program is in each network on one or two devices: the
 * process view has to sum all of them.
 */
export type FleetShape = 'usual' | 'rare';

/** As in `benchTenant`. */
const GROUPS_PER_DEVICE = 280;
const NETWORKS = 4_000;
const RARE_NETWORKS = 1_000;
/** More devices than these are not few, in any fleet. */
const MOST_FEW = 3;

/** The rows of `streamingCounts` over the devices and networks of a fleet. `groups`: of all partitions together. */
export function countsOfFleet(shape: FleetShape, groups: number): HourlyCounts {
  const counts = streamingCounts(perPartition(groups));
  const place = placesOf(shape, groups);
  const named = (row: Contribution): Contribution => {
    const partition = Number.parseInt(row.groupId.slice(0, 1), 16);
    const address = Number.parseInt(row.groupId.slice(1, 8), 16);
    const { device, network } = place(partition, address, Number.parseInt(row.groupId.slice(-8), 16));
    const RemoteIP = `${20 + (network % 100)}.${Math.floor(network / 100)}.${(address >> 8) & 255}.${address & 255}`;
    return { ...row, DeviceName: `wks-${device.toString(16).padStart(4, '0')}.corp.example`, RemoteIP };
  };
  async function* pages(rows: AsyncIterable<readonly Contribution[]>) {
    for await (const page of rows) yield page.map(named);
  }
  return { ...counts, hour: (...of) => pages(counts.hour(...of)), day: (...of) => pages(counts.day(...of)) };
}

/** The share of the groups whose program at most three devices use in the network. */
export function rareShareOf(shape: FleetShape, groups: number): number {
  const place = placesOf(shape, groups);
  const users = new Map<string, { readonly devices: Set<number>; groups: number }>();
  for (let partition = 0; partition < PARTITIONS.length; partition++) {
    for (let number = 0; number < perPartition(groups); number++) {
      const { device, network } = place(partition, Math.floor(number / 3), number);
      const pair = `${number % PROGRAMS_OF_ROWS} ${network}`;
      const known = users.get(pair) ?? { devices: new Set(), groups: 0 };
      known.devices.add(device);
      known.groups++;
      users.set(pair, known);
    }
  }
  const rare = [...users.values()].filter(({ devices }) => devices.size <= MOST_FEW);
  return rare.reduce((sum, each) => sum + each.groups, 0) / (perPartition(groups) * PARTITIONS.length);
}

function placesOf(shape: FleetShape, groups: number) {
  const devices = Math.ceil(groups / GROUPS_PER_DEVICE);
  return (partition: number, address: number, number: number) => {
    if (shape === 'rare') return { device: (number * 31) % devices, network: (address * 7919) % RARE_NETWORKS };
    // Of a number that is even over 0 to 1, this is n with a probability of nearly 1/n.
    const network = Math.floor((NETWORKS + 1) ** share(partition, address, 1)) - 1;
    return { device: Math.floor(devices * share(partition, number, 2)), network };
  };
}

/** 0 to 1, even over many. */
function share(partition: number, number: number, salt: number): number {
  let mixed = Math.imul(partition + 16 * salt + 1, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
}

function perPartition(groups: number): number {
  return Math.ceil(groups / PARTITIONS.length);
}
