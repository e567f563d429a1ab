import { bin, type Hour } from '../core/kql/bin.ts';
import { HOUR_MS } from '../core/kql/timespan.ts';
import { msOf, type Timestamp } from '../core/kql/timestamp.ts';
import type { Contribution } from '../core/records/contribution.ts';
import { type GroupKey, isRaw } from '../core/records/report.ts';
import { type MeasuredGroup, regularityOf } from '../core/regularity/assessment.ts';
import { DeviceHours } from '../core/regularity/device_hours.ts';
import { fewDevicesOf, manyDevicesOf } from '../core/regularity/fleet_limits.ts';
import { type PublicAddress, publicAddressOf } from '../core/regularity/public_address.ts';
import { RegularDevices } from '../core/regularity/regular_devices.ts';
import { HOUR_SECONDS } from '../core/regularity/time_bin.ts';
import { summedPer, type TimedCount, timedCountOf } from '../core/regularity/timed_count.ts';
import { hoursOf } from '../core/scoring/hours.ts';
import { isOfWindow, type Window } from '../core/scoring/window.ts';
import { PARTITIONS, reportsOf } from '../storage/keys.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';

/** A group that matches. */
export interface RegularGroup extends PublicAddress {
  readonly key: GroupKey;
  readonly firstHour: Hour;
  readonly lastHour: Hour;
  readonly assessment: MeasuredGroup;
  /** Devices that are regular with this address, or on which this process is regular with this network, if more. */
  readonly regularDevices: number;
  /** Connections per clock hour of the window; null for an hour without any. */
  readonly perHour: readonly (number | null)[];
}

/** What the detector `regularity` finds in files. The files are their own context. */
export interface RegularGroups {
  /** Without those that are common; unordered. */
  readonly matched: readonly RegularGroup[];
  /** Matching groups that are regular on more than `many` devices. */
  readonly common: number;
  /** Devices in the window, and the numbers of them that are few and many. */
  readonly devices: number;
  readonly few: number;
  readonly many: number;
  /** Groups with reports in the window. */
  readonly groups: number;
  /** Reports and raw events, each once. */
  readonly counted: number;
}

type Scan = (partition: Partition) => AsyncIterable<readonly Contribution[]>;

/**
 * Applies the detector `regularity` to the groups of all partitions, in two passes: the hours of the devices, then the
 * groups. Holds one group, the hours of each device, and what matches.
 */
export async function regularGroups(scan: Scan, window: Window): Promise<RegularGroups> {
  const deviceHours = new DeviceHours(hourOf(window.after), hourOf(window.asOf));
  let groups = 0;
  let counted = 0;
  const counting: Scan = async function* (partition) {
    for await (const page of scan(partition)) {
      for (const row of page) counted += reportsOf(row);
      yield page;
    }
  };
  for await (const { key, counts } of timedGroups(counting, window)) {
    groups++;
    deviceHours.add({ ...key, hours: hoursWith(counts) });
  }

  const many = manyDevicesOf(deviceHours.devices);
  const regular = new RegularDevices(many + 1);
  const found: Omit<RegularGroup, 'regularDevices'>[] = [];
  for await (const { key, place, firstHour, lastHour, counts } of timedGroups(scan, window)) {
    const deviceOn = deviceHours.onBeside({ ...key, hours: hoursWith(counts) });
    const assessment = regularityOf(counts, deviceOn);
    if (!assessment.measured || assessment.way === null) continue;
    regular.add({ ...key, ...place });
    found.push({ key, ...place, assessment, firstHour, lastHour, perHour: perHourOf(counts, window) });
  }
  const all = found.map((each) => ({ ...each, regularDevices: regular.of({ ...each.key, ...each }) }));
  const matched = all.filter(({ regularDevices }) => regularDevices <= many);
  const { devices } = deviceHours;
  return { matched, common: all.length - matched.length, devices, few: fewDevicesOf(devices), many, groups, counted };
}

interface TimedGroup {
  readonly key: GroupKey;
  readonly place: PublicAddress;
  readonly firstHour: Hour;
  readonly lastHour: Hour;
  readonly counts: readonly TimedCount[];
}

/** The groups of the window whose address is in scope, partition by partition. */
async function* timedGroups(scan: Scan, window: Window): AsyncGenerator<TimedGroup> {
  for (const partition of PARTITIONS) yield* groupsOfPartition(scan(partition), window);
}

async function* groupsOfPartition(
  pages: AsyncIterable<readonly Contribution[]>,
  window: Window,
): AsyncGenerator<TimedGroup> {
  let open: OpenGroup | null = null;
  for await (const page of pages) {
    for (const row of page) {
      if (!isOfWindow(row, window)) continue;
      if (open?.groupId !== row.groupId) {
        if (open !== null) yield* open.close();
        open = new OpenGroup(row);
      }
      open.add(row);
    }
  }
  if (open !== null) yield* open.close();
}

/** More counts than a group has in practice. Beyond it counts of the same second are joined, so memory is bounded. */
const MANY_COUNTS = 10_000;

/** A group whose rows are being read, in order of time. */
class OpenGroup {
  readonly groupId: string;
  readonly #first: Contribution;
  readonly #place: PublicAddress | null;
  #last: Contribution;
  #counts: TimedCount[] = [];
  #limit = MANY_COUNTS;

  constructor(first: Contribution) {
    this.groupId = first.groupId;
    this.#first = first;
    this.#last = first;
    this.#place = publicAddressOf(first.RemoteIP);
  }

  add(row: Contribution): void {
    this.#last = row;
    const count = this.#place === null ? null : timedCountOf(row);
    if (count === null) return;
    this.#counts.push(count);
    if (this.#counts.length < this.#limit) return;
    this.#counts = summedPer(1, this.#counts);
    this.#limit = 2 * Math.max(MANY_COUNTS, this.#counts.length);
  }

  /** The group; nothing if its address is out of scope. */
  *close(): Generator<TimedGroup> {
    if (this.#place === null) return;
    yield {
      key: this.#first,
      place: this.#place,
      firstHour: bin(this.#first.Timestamp, '1h'),
      lastHour: bin(this.#last.Timestamp, '1h'),
      counts: isRaw(this.#first.source) ? summedPer(HOUR_SECONDS, this.#counts) : this.#counts,
    };
  }
}

function hoursWith(counts: readonly TimedCount[]): Set<number> {
  return new Set(counts.map(({ second }) => Math.floor(second / HOUR_SECONDS)));
}

function perHourOf(counts: readonly TimedCount[], window: Window): (number | null)[] {
  const sums = new Map(summedPer(HOUR_SECONDS, counts).map(({ second, count }) => [second / HOUR_SECONDS, count]));
  return hoursOf(window).map((hour) => sums.get(hourOf(hour)) ?? null);
}

function hourOf(timestamp: Timestamp): number {
  return Math.floor(msOf(timestamp) / HOUR_MS);
}
