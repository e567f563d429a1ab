import type { PublicAddress } from './public_address.ts';

/** A regular group, as far as prevalence needs it. */
export interface RegularPlace extends PublicAddress {
  readonly DeviceName: string;
  readonly InitiatingProcessFileName: string;
}

/** Counts the devices that are regular with one address, and those on which one process is regular with one network. */
export class RegularDevices {
  readonly #most: number;
  readonly #devices = new Map<string, Set<string>>();

  /** `most`: more devices are counted as this number. */
  constructor(most: number) {
    this.#most = most;
  }

  add(place: RegularPlace): void {
    for (const key of keysOf(place)) {
      let devices = this.#devices.get(key);
      if (devices === undefined) {
        devices = new Set();
        this.#devices.set(key, devices);
      }
      if (devices.size < this.#most) devices.add(place.DeviceName);
    }
  }

  /** The larger of the two numbers: 1 for a regular group that no other device has. */
  of(place: RegularPlace): number {
    return Math.max(...keysOf(place).map((key) => this.#devices.get(key)?.size ?? 0));
  }
}

function keysOf({ address, network, InitiatingProcessFileName }: RegularPlace): readonly [string, string] {
  return [address, JSON.stringify([InitiatingProcessFileName, network])];
}
