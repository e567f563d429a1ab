import type { PublicAddress } from './public_address.ts';

/** A process in a network: what analysts know as one service, whatever its addresses are. */
export interface ProcessPlace extends Pick<PublicAddress, 'network'> {
  readonly InitiatingProcessFileName: string;
}

/** Limit of the pairs; about 200 bytes each. */
export const MAX_FLEET_PAIRS = 1_000_000;
/** `fewDevicesOf` is 3 at most: four devices are more than few in any fleet. */
const MORE_THAN_FEW = 4;

interface Pair {
  /** Devices that use it in the window, at most `MORE_THAN_FEW`. */
  readonly devices: string[];
  /** The first clock hour with a report, since 1970. */
  firstHour: number;
}

/** The pairs of process and network of a fleet: how many devices use each, and since when. */
export class FleetPairs {
  readonly #limit: number;
  readonly #pairs = new Map<string, Pair>();

  constructor(limit = MAX_FLEET_PAIRS) {
    this.#limit = limit;
  }

  /** Notes that a process connected to a network in an hour, on any device. Pairs above the limit are not known. */
  see(place: ProcessPlace, hour: number): void {
    const pair = this.#pairOf(place, hour);
    if (pair !== null && hour < pair.firstHour) pair.firstHour = hour;
  }

  /** Notes that a device uses the pair in the window; `hour` is the first. */
  use(place: ProcessPlace, DeviceName: string, hour: number): void {
    const pair = this.#pairOf(place, hour);
    if (pair === null) return;
    if (hour < pair.firstHour) pair.firstHour = hour;
    if (pair.devices.length < MORE_THAN_FEW && !pair.devices.includes(DeviceName)) pair.devices.push(DeviceName);
  }

  /** Devices that use it: up to 3, or 4 for any larger number, and for a pair above the limit. */
  devicesOf(place: ProcessPlace): number {
    const pair = this.#pairs.get(keyOf(place));
    return pair === undefined ? MORE_THAN_FEW : pair.devices.length;
  }

  /** The first hour in which any device used it; null for a pair above the limit. */
  firstHourOf(place: ProcessPlace): number | null {
    return this.#pairs.get(keyOf(place))?.firstHour ?? null;
  }

  #pairOf(place: ProcessPlace, hour: number): Pair | null {
    const key = keyOf(place);
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    if (this.#pairs.size === this.#limit) return null;
    const pair = { devices: [], firstHour: hour };
    this.#pairs.set(key, pair);
    return pair;
  }
}

/** A network has no space. */
function keyOf({ network, InitiatingProcessFileName }: ProcessPlace): string {
  return `${network} ${InitiatingProcessFileName}`;
}
