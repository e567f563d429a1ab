import { DeviceHours } from '../../../src/core/regularity/device_hours.ts';
import { fewDevicesOf, manyDevicesOf } from '../../../src/core/regularity/fleet_limits.ts';
import { RegularDevices } from '../../../src/core/regularity/regular_devices.ts';
import { WINDOW_HOURS } from '../simulated.ts';
import type { GroupLook, GroupLooks } from './look.ts';

/** A group in one run. */
export interface SeenGroup {
  readonly looks: GroupLooks;
  readonly look: GroupLook;
}

/** What a run leaves to the next one, and what it counts itself. */
export interface SeenFleet {
  readonly deviceHours: DeviceHours;
  readonly devices: number;
  readonly few: number;
  readonly many: number;
  /** Devices on which a process was regular with a network: of the run before. */
  readonly regular: RegularDevices;
  /** Devices that use a pair of process and network in the window. */
  readonly users: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The hours of the devices, and who uses what, as a run sees them. */
export function seenFleet(asOf: number, seen: readonly SeenGroup[]): Omit<SeenFleet, 'regular'> {
  const deviceHours = new DeviceHours(asOf - WINDOW_HOURS, asOf);
  const users = new Map<string, Set<string>>();
  for (const { looks, look } of seen) {
    const { DeviceName } = looks;
    deviceHours.add({ source: 'defender', DeviceName, hours: look.hours });
    const pair = looks.pair;
    let devices = users.get(pair);
    if (devices === undefined) {
      devices = new Set();
      users.set(pair, devices);
    }
    devices.add(DeviceName);
  }
  const { devices } = deviceHours;
  return { deviceHours, users, devices, few: fewDevicesOf(devices), many: manyDevicesOf(devices) };
}

/** The devices that are regular in one run. */
export function regularIn(seen: readonly SeenGroup[], many: number): RegularDevices {
  const regular = new RegularDevices(many + 1);
  for (const { looks, look } of seen) {
    if (look.regularity?.measured && look.regularity.way !== null) regular.add(placeOf(looks));
  }
  return regular;
}

/** An address or a network that no group has: only the other one counts. */
const NO_PLACE = '';

/** Devices regular with this address in this run, or on which the process was regular with the network in the last run, if more. */
export function regularDevicesOf(looks: GroupLooks, now: RegularDevices, before: RegularDevices): number {
  const place = placeOf(looks);
  return Math.max(now.of({ ...place, network: NO_PLACE }), before.of({ ...place, address: NO_PLACE }));
}

function placeOf({ group, DeviceName }: GroupLooks) {
  const { address, network, installation } = group;
  return { address, network, DeviceName, InitiatingProcessFileName: installation.pair.process };
}
