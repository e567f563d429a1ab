import { bin, type Hour } from '../kql/bin.ts';
import type { Timestamp } from '../kql/timestamp.ts';
import { addressPartOf, type Contribution } from '../records/contribution.ts';
import { isInScope } from '../records/in_scope.ts';
import type { Matched } from './address_scorer.ts';
import type { Group } from './group_cutter.ts';
import { kqlRule, type Match } from './kql_rule.ts';
import { PrevalenceCounter } from './prevalence.ts';
import type { Rule } from './rule.ts';
import { grainOf, type Series } from './series.ts';
import { isOfWindow, type Window } from './window.ts';
import { spanOf } from './window_range.ts';
import { edgesOf, WindowSeries } from './window_series.ts';

/**
 * A group that matches in at least one window: its series and numbers in the last window that matches. `devices` and
 * `otherProcesses` are those of all windows together.
 */
export interface MatchedOver extends Matched {
  /** The hour of the group's first report in any of the windows. */
  readonly firstSeen: Hour;
  /** Whether each window matches, in the order of the windows. */
  readonly matching: readonly boolean[];
}

interface Open {
  readonly groupId: string;
  readonly key: Contribution;
  readonly firstSeen: Hour;
  readonly matching: boolean[];
  readonly series: WindowSeries;
  last: { group: Group; match: Match } | null;
}

/**
 * Scores every window over contributions given in key order, in one pass. The result is that of a `GroupCutter` and an
 * `AddressScorer` for each window. Holds one window of one group, and the matches and names of one address.
 */
export class WindowsScorer {
  readonly #rule: Rule;
  readonly #windows: readonly Window[];
  readonly #span: Window;
  readonly #edges: readonly Timestamp[];
  #open: Open | null = null;
  /** The last group that the rule does not score; other detectors' scopes are wider. */
  #outOfScope = '';
  #matches: Omit<MatchedOver, 'devices' | 'otherProcesses'>[] = [];
  /** By address: two addresses can share an address part. */
  #prevalence = new Map<string, PrevalenceCounter>();
  /** The number of complete groups. */
  groups = 0;

  /** `windows` in order of time, without a gap between them. */
  constructor(rule: Rule, windows: readonly Window[]) {
    this.#rule = rule;
    this.#windows = windows;
    this.#span = spanOf(windows);
    this.#edges = edgesOf(windows);
  }

  /** Adds the next contributions. Returns the groups that match, of the addresses that they complete. */
  push(contributions: readonly Contribution[]): MatchedOver[] {
    const matched: MatchedOver[] = [];
    for (const contribution of contributions) {
      if (!isOfWindow(contribution, this.#span)) continue;
      const { groupId, RemoteIP } = contribution;
      if (this.#open?.groupId !== groupId) {
        if (groupId === this.#outOfScope) continue;
        if (!isInScope(RemoteIP)) {
          this.#outOfScope = groupId;
          continue;
        }
        matched.push(...this.#begin(contribution));
      }
      this.#open?.series.add(contribution);
    }
    return matched;
  }

  /** Returns those of the last address. */
  finish(): MatchedOver[] {
    this.#endGroup();
    const matched = this.#matches.map((each) => {
      const { InitiatingProcessFileName, RemoteIP } = each.group.key;
      const prevalence = this.#prevalenceOf(RemoteIP);
      const otherProcesses = prevalence.processesBut(InitiatingProcessFileName);
      return { ...each, devices: prevalence.devices, otherProcesses };
    });
    this.#matches = [];
    this.#prevalence = new Map();
    return matched;
  }

  #begin(first: Contribution): MatchedOver[] {
    const { groupId, source, Timestamp } = first;
    const isSameAddress = this.#open !== null && addressPartOf(this.#open.groupId) === addressPartOf(groupId);
    const matched = isSameAddress ? [] : this.finish();
    this.#endGroup();
    this.#prevalenceOf(first.RemoteIP).add(first);
    const minPoints = this.#rule.minUniformPerDay * this.#rule.lookbackDays;
    const grain = grainOf(first, this.#rule.grain);
    const series = new WindowSeries(this.#windows, this.#edges, { source, grain, minPoints }, (each, window) =>
      this.#assess(each, window),
    );
    this.#open = { groupId, key: first, firstSeen: bin(Timestamp, '1h'), matching: [], series, last: null };
    return matched;
  }

  #assess(series: Series, window: number): void {
    const open = this.#open;
    const match = kqlRule(series, this.#rule);
    if (open === null || !match.match) return;
    open.matching[window] = true;
    // A row of a range of windows has no program.
    open.last = { group: { groupId: open.groupId, key: open.key, series, programHash: null }, match };
  }

  #endGroup(): void {
    if (this.#open === null) return;
    this.#open.series.finish();
    const { firstSeen, last, matching } = this.#open;
    this.#open = null;
    this.groups++;
    if (last === null) return;
    this.#matches.push({ ...last, firstSeen, matching: this.#windows.map((_, index) => matching[index] === true) });
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
