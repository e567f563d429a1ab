import { addressPartOf } from '../records/contribution.ts';
import { isInScope } from '../records/in_scope.ts';
import type { Group } from './group_cutter.ts';
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

/** The groups whose ids share the first 32 bits: those of one address, apart from collisions; or a part of very many. */
export interface Address {
  readonly addressPart: string;
  readonly groups: number;
  /** In key order. */
  readonly matched: readonly Matched[];
}

/** Limit of the points in memory for the matches of one address: about 1,400 matches of three days. */
export const MAX_POINTS_IN_MEMORY = 100_000;

/**
 * Scores groups, given in key order, and collects them by address: the number of devices is known only after the last
 * group of an address. Memory is bounded for any input: points of matches, names of devices and of processes have limits.
 * Where the matches of one address exceed the limit, it emits the first of them with the devices and processes counted so
 * far; such an address is common in any case.
 */
export class AddressScorer {
  readonly #rule: Rule;
  #addressPart = '';
  #groups = 0;
  #matches: { group: Group; match: Match }[] = [];
  #points = 0;
  /** By address: two addresses can share an address part. */
  #prevalence = new Map<string, PrevalenceCounter>();

  constructor(rule: Rule) {
    this.#rule = rule;
  }

  /** Adds the next groups. Returns the addresses that they complete. */
  push(groups: readonly Group[]): Address[] {
    const addresses: Address[] = [];
    for (const group of groups) {
      // Other detectors' scopes are wider: see `isStored`.
      if (!isInScope(group.key.RemoteIP)) continue;
      const addressPart = addressPartOf(group.groupId);
      if (addressPart !== this.#addressPart) {
        addresses.push(...this.finish());
        this.#addressPart = addressPart;
      }
      this.#groups++;
      this.#prevalenceOf(group.key.RemoteIP).add(group.key);
      const match = kqlRule(group.series, this.#rule);
      if (!match.match) continue;
      this.#matches.push({ group, match });
      this.#points += group.series.Timestamp.length;
      if (this.#points >= MAX_POINTS_IN_MEMORY) addresses.push(this.#emit());
    }
    return addresses;
  }

  /** Returns the last address, if any. */
  finish(): Address[] {
    if (this.#addressPart === '') return [];
    const address = this.#emit();
    this.#addressPart = '';
    this.#prevalence = new Map();
    return [address];
  }

  /** Emits the matches in memory; the counted names stay for the rest of the address. */
  #emit(): Address {
    const matched = this.#matches.map(({ group, match }) => {
      const prevalence = this.#prevalenceOf(group.key.RemoteIP);
      const otherProcesses = prevalence.processesBut(group.key.InitiatingProcessFileName);
      return { group, match, devices: prevalence.devices, otherProcesses };
    });
    const address = { addressPart: this.#addressPart, groups: this.#groups, matched };
    this.#groups = 0;
    this.#matches = [];
    this.#points = 0;
    return address;
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
