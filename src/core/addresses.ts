import { addressPartOf } from './contribution.ts';
import type { Group } from './groups.ts';
import type { Rule } from './rule.ts';
import { type Match, seed } from './seed.ts';

/** A group that matches. */
export interface Matched {
  readonly group: Group;
  readonly match: Match;
  /** Devices that talk to the address within the window. */
  readonly devices: number;
}

/** All groups whose ids share their first 32 bits: those of one address, but for chance. */
export interface Address {
  readonly addressPart: string;
  readonly groups: number;
  /** In key order. */
  readonly matched: readonly Matched[];
}

/**
 * Scores groups, given in key order, and gathers them by address, since how many devices talk to an address is known
 * only when its last group was met. Holds the matches and the device names of one address.
 */
export class AddressScorer {
  readonly #rule: Rule;
  #addressPart = '';
  #groups = 0;
  #matches: { group: Group; match: Match }[] = [];
  /** Device names by address: two addresses can share the part of the id. */
  #devices = new Map<string, Set<string>>();

  constructor(rule: Rule) {
    this.#rule = rule;
  }

  /** The addresses that these groups, which follow on those before, complete. */
  push(groups: readonly Group[]): Address[] {
    const addresses: Address[] = [];
    for (const group of groups) {
      const addressPart = addressPartOf(group.groupId);
      if (addressPart !== this.#addressPart) {
        addresses.push(...this.finish());
        this.#addressPart = addressPart;
      }
      this.#groups++;
      this.#devicesOf(group.key.RemoteIP).add(group.key.DeviceName);
      const match = seed(group.series, this.#rule);
      if (match.match) this.#matches.push({ group, match });
    }
    return addresses;
  }

  /** The last address, where there is one. */
  finish(): Address[] {
    if (this.#addressPart === '') return [];
    const matched = this.#matches.map(({ group, match }) => ({
      group,
      match,
      devices: this.#devicesOf(group.key.RemoteIP).size,
    }));
    const address = { addressPart: this.#addressPart, groups: this.#groups, matched };
    this.#groups = 0;
    this.#addressPart = '';
    this.#matches = [];
    this.#devices = new Map();
    return [address];
  }

  #devicesOf(remoteIP: string): Set<string> {
    let devices = this.#devices.get(remoteIP);
    if (!devices) {
      devices = new Set();
      this.#devices.set(remoteIP, devices);
    }
    return devices;
  }
}
