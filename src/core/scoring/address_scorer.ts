import { addressPartOf } from '../records/contribution.ts';
import type { Group } from './group_cutter.ts';
import { kqlRule, type Match } from './kql_rule.ts';
import { PrevalenceCounter } from './prevalence.ts';
import type { Rule } from './rule.ts';

/** A group that matches. */
export interface Matched {
  readonly group: Group;
  readonly match: Match;
  /** Devices that talk to the address within the window, at most `MAX_DEVICES`. */
  readonly devices: number;
  /** Other processes that do, the first 10 in order of name. */
  readonly otherProcesses: readonly string[];
}

/** All groups whose ids share their first 32 bits: those of one address, but for chance; or a first part of very many. */
export interface Address {
  readonly addressPart: string;
  readonly groups: number;
  /** In key order. */
  readonly matched: readonly Matched[];
}

/** Points of the matches of one address that are held at a time: some 1,400 matches of three days each. */
export const MAX_HELD_POINTS = 100_000;

/**
 * Scores groups, given in key order, and gathers them by address, since how many devices talk to an address is known
 * only when its last group was met. What it holds is bounded, whatever a tenant or an attacker sends: so many points of
 * matches, so many names of devices and processes. Where more of one address match at once, the first of them are given
 * out with the devices and processes that were met so far; such an address is common either way.
 */
export class AddressScorer {
  readonly #rule: Rule;
  #addressPart = '';
  #groups = 0;
  #matches: { group: Group; match: Match }[] = [];
  #points = 0;
  /** By address: two addresses can share the part of the id. */
  #talkers = new Map<string, PrevalenceCounter>();

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
      this.#talkersTo(group.key.RemoteIP).add(group.key);
      const match = kqlRule(group.series, this.#rule);
      if (!match.match) continue;
      this.#matches.push({ group, match });
      this.#points += group.series.Timestamp.length;
      if (this.#points >= MAX_HELD_POINTS) addresses.push(this.#give());
    }
    return addresses;
  }

  /** The last address, where there is one. */
  finish(): Address[] {
    if (this.#addressPart === '') return [];
    const address = this.#give();
    this.#addressPart = '';
    this.#talkers = new Map();
    return [address];
  }

  /** What is held; the names stay, for the rest of the address. */
  #give(): Address {
    const matched = this.#matches.map(({ group, match }) => {
      const talkers = this.#talkersTo(group.key.RemoteIP);
      const otherProcesses = talkers.processesBut(group.key.InitiatingProcessFileName);
      return { group, match, devices: talkers.devices, otherProcesses };
    });
    const address = { addressPart: this.#addressPart, groups: this.#groups, matched };
    this.#groups = 0;
    this.#matches = [];
    this.#points = 0;
    return address;
  }

  #talkersTo(remoteIP: string): PrevalenceCounter {
    let talkers = this.#talkers.get(remoteIP);
    if (!talkers) {
      talkers = new PrevalenceCounter();
      this.#talkers.set(remoteIP, talkers);
    }
    return talkers;
  }
}
