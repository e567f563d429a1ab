import type { GroupKey } from '../../core/records/report.ts';
import type { OpenPair } from '../../core/regularity/fleet_partial.ts';
import type { TimedCount } from '../../core/regularity/timed_count.ts';
import { compareText } from '../../core/text/compare_text.ts';

/** What the process view needs of one group: one address of a process on a device. */
export interface ProcessGroup extends GroupKey {
  /** The hash of its process and network. */
  readonly pair: number;
  /** Whether the group matches on its own. */
  readonly matchesByItself: boolean;
  readonly counts: readonly TimedCount[];
}

/** Groups and counts in memory: some 60 MB. */
const MAX_GROUPS = 200_000;
const MAX_COUNTS = 2_000_000;
/** After that share is left by removing the common ones, no more are taken. */
const NEARLY = 0.9;

/**
 * Collects the groups of a partition whose process and network few devices use, as far as the partition can see: a process that
 * many devices run to the same network is an ordinary service.
 */
export class ProcessGroups {
  readonly #maxGroups: number;
  readonly #maxCounts: number;
  #groups: { readonly group: Omit<ProcessGroup, 'pair'>; readonly pair: OpenPair; readonly network: string }[] = [];
  #counts = 0;
  #isFull = false;
  /** Groups that it did not take, because there were too many. */
  omitted = 0;

  constructor(maxGroups = MAX_GROUPS, maxCounts = MAX_COUNTS) {
    this.#maxGroups = maxGroups;
    this.#maxCounts = maxCounts;
  }

  add(key: GroupKey, matchesByItself: boolean, counts: readonly TimedCount[], pair: OpenPair, network: string): void {
    if (pair.users === null) return;
    if (!this.#isFull && this.#isOver(1)) {
      this.#removeCommon();
      this.#isFull = this.#isOver(NEARLY);
    }
    if (this.#isFull) {
      this.omitted++;
      return;
    }
    const { source, DeviceName, InitiatingProcessFileName, RemoteIP } = key;
    const group = { source, DeviceName, InitiatingProcessFileName, RemoteIP, matchesByItself, counts };
    this.#groups.push({ group, pair, network });
    this.#counts += counts.length;
  }

  /** In order of source, device, process and address. */
  sorted(hashOf: (process: string, network: string) => number): ProcessGroup[] {
    this.#removeCommon();
    return this.#groups
      .sort((a, b) => compareProcessGroups(a.group, b.group))
      .map(({ group, network }) => ({ ...group, pair: hashOf(group.InitiatingProcessFileName, network) }));
  }

  #isOver(share: number): boolean {
    return this.#groups.length >= share * this.#maxGroups || this.#counts >= share * this.#maxCounts;
  }

  #removeCommon(): void {
    this.#groups = this.#groups.filter(({ pair }) => pair.users !== null);
    this.#counts = this.#groups.reduce((sum, { group }) => sum + group.counts.length, 0);
  }
}

/** The order of the streams that the process view merges. */
export function compareProcessGroups(a: GroupKey, b: GroupKey): number {
  return compareProcesses(a, b) || compareText(a.RemoteIP, b.RemoteIP);
}

/** 0 for two addresses of one process on a device. */
export function compareProcesses(a: ProcessKey, b: ProcessKey): number {
  return (
    compareText(a.source, b.source) ||
    compareText(a.DeviceName, b.DeviceName) ||
    compareText(a.InitiatingProcessFileName, b.InitiatingProcessFileName)
  );
}

/** A process on a device, whatever its addresses. */
export type ProcessKey = Omit<GroupKey, 'RemoteIP'>;
