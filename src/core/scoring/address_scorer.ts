import { addressPartOf } from '../records/contribution.ts';
import { isInScope } from '../records/in_scope.ts';
import type { GroupKey } from '../records/report.ts';
import type { BesideGroup, Group } from './group_cutter.ts';
import { kqlRule, type Match } from './kql_rule.ts';
import { PrevalenceCounter } from './prevalence.ts';
import type { Rule } from './rule.ts';

/** A group that matches. */
export interface Matched {
  readonly group: Group;
  readonly match: Match;
  /** Devices that connect to the address within the window, at most `MAX_DEVICES`. */
  readonly devices: number;
  /** Other processes that connect to it, the first 10 by name. */
  readonly otherProcesses: readonly string[];
}

/** What a second detector finds of a group. */
export interface BesideFinding {
  /** Whether the group matches. */
  readonly matches: boolean;
  /** Whether its address is in the scope of that detector. */
  readonly isInScope: boolean;
}

/** A group that at least one detector matches. */
export interface FoundGroup<Other> {
  readonly group: BesideGroup<Other>;
  /** null where the rule does not match, or has the address not in scope. */
  readonly match: Match | null;
  readonly devices: number;
  readonly otherProcesses: readonly string[];
  /** Devices on which the second detector matches a group of this address, at most `MAX_MATCHING_DEVICES`. */
  readonly matchingDevices: number;
}

/** The groups whose ids share the first 32 bits: those of one address, apart from collisions; or a part of very many. */
export interface Address<Other = never> {
  readonly addressPart: string;
  /** Those that the rule scores. */
  readonly groups: number;
  /** Those that the rule matches, in key order. */
  readonly matched: readonly Matched[];
  /** Those that any detector matches, in key order. */
  readonly found: readonly FoundGroup<Other>[];
}

/** Limit of the points in memory for the matches of one address: about 1,400 matches of three days. */
export const MAX_POINTS_IN_MEMORY = 100_000;
/** More than the largest number of devices that is not yet many (`manyDevicesOf`). */
const MAX_MATCHING_DEVICES = 12_501;

/**
 * Scores groups, given in key order, and collects them by address: the number of devices is known only after the last
 * group of an address. Memory is bounded for any input: points of matches, names of devices and of processes have limits.
 * Where the matches of one address exceed the limit, it emits the first of them with the devices and processes counted so
 * far; such an address is common in any case.
 */
export class AddressScorer<Other extends BesideFinding = never> {
  readonly #rule: Rule;
  #addressPart = '';
  #groups = 0;
  #found: { group: BesideGroup<Other>; match: Match | null }[] = [];
  #points = 0;
  #scope = { address: '', isInScope: isInScope('') };
  /** By address: two addresses can share an address part. */
  #prevalence = new Map<string, PrevalenceCounter>();
  readonly #matching = new Map<string, Set<string>>();

  constructor(rule: Rule) {
    this.#rule = rule;
  }

  /** Adds the next groups. Returns the addresses that they complete. */
  push(groups: readonly BesideGroup<Other>[]): Address<Other>[] {
    const addresses: Address<Other>[] = [];
    for (const group of groups) {
      const { key, beside } = group;
      // Each detector has a scope of its own: see `isStored`.
      const isOfRule = this.#isInScope(key.RemoteIP);
      if (!isOfRule && !beside?.isInScope) continue;
      const addressPart = addressPartOf(group.groupId);
      if (addressPart !== this.#addressPart) {
        addresses.push(...this.finish());
        this.#addressPart = addressPart;
      }
      this.#take(group, isOfRule);
      if (this.#points >= MAX_POINTS_IN_MEMORY) addresses.push(this.#emit());
    }
    return addresses;
  }

  /** Returns the last address, if any. */
  finish(): Address<Other>[] {
    if (this.#addressPart === '') return [];
    const address = this.#emit();
    this.#addressPart = '';
    this.#prevalence = new Map();
    this.#matching.clear();
    return [address];
  }

  /** Groups of one address follow each other. */
  #isInScope(address: string): boolean {
    if (address !== this.#scope.address) this.#scope = { address, isInScope: isInScope(address) };
    return this.#scope.isInScope;
  }

  #take(group: BesideGroup<Other>, isOfRule: boolean): void {
    const { key, series, beside } = group;
    // Rows of the second detector's window alone are none of the rule's.
    const isScored = isOfRule && series.Timestamp.length > 0;
    if (isScored || !isOfRule) this.#prevalenceOf(key.RemoteIP).add(key);
    if (isScored) this.#groups++;
    const assessment = isScored ? kqlRule(series, this.#rule) : null;
    const match = assessment?.match ? assessment : null;
    const isBeside = beside?.matches ?? false;
    if (isBeside) this.#countMatching(key);
    if (match === null && !isBeside) return;
    this.#found.push({ group, match });
    this.#points += series.Timestamp.length;
  }

  /** Emits the matches in memory; the counted names stay for the rest of the address. */
  #emit(): Address<Other> {
    const found = this.#found.map(({ group, match }) => {
      const { RemoteIP, InitiatingProcessFileName } = group.key;
      const prevalence = this.#prevalenceOf(RemoteIP);
      const otherProcesses = prevalence.processesBut(InitiatingProcessFileName);
      const matchingDevices = this.#matching.get(RemoteIP)?.size ?? 0;
      return { group, match, devices: prevalence.devices, otherProcesses, matchingDevices };
    });
    const matched = found.flatMap(({ match, matchingDevices: _, ...each }) =>
      match === null ? [] : { ...each, match },
    );
    const address = { addressPart: this.#addressPart, groups: this.#groups, matched, found };
    this.#groups = 0;
    this.#found = [];
    this.#points = 0;
    return address;
  }

  #countMatching({ RemoteIP, DeviceName }: GroupKey): void {
    let devices = this.#matching.get(RemoteIP);
    if (devices === undefined) {
      devices = new Set();
      this.#matching.set(RemoteIP, devices);
    }
    if (devices.size < MAX_MATCHING_DEVICES) devices.add(DeviceName);
  }

  #prevalenceOf(remoteIP: string): PrevalenceCounter {
    let prevalence = this.#prevalence.get(remoteIP);
    if (!prevalence) {
      prevalence = new PrevalenceCounter();
      this.#prevalence.set(remoteIP, prevalence);
    }
    return prevalence;
  }
}
