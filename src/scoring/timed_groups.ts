import { bin, type Hour } from '../core/kql/bin.ts';
import { type GroupKey, isRaw } from '../core/records/report.ts';
import { type PublicAddress, publicAddressOf } from '../core/regularity/public_address.ts';
import { HOUR_SECONDS } from '../core/regularity/time_bin.ts';
import { summedPer, type TimedCount, timedCountOf } from '../core/regularity/timed_count.ts';
import { isOfWindow, type Window } from '../core/scoring/window.ts';
import type { OfflineRow } from './offline_row.ts';

/** A group whose address the detector `regularity` has in scope, with its reports of the window. */
export interface TimedGroup {
  readonly groupId: string;
  readonly key: GroupKey;
  readonly place: PublicAddress;
  /** The clock hours of its first and last report. */
  readonly firstHour: Hour;
  readonly lastHour: Hour;
  /** Of a raw source one for each hour, or bin. */
  readonly counts: readonly TimedCount[];
  /** Whether all connections failed. */
  readonly onlyFailed: boolean;
  /** Remote ports, the lowest first, and host names, by name: at most `MAX_SEEN` of each. */
  readonly ports: readonly number[];
  readonly hosts: readonly string[];
  /** Of its newest report that has one: see `Contribution`. */
  readonly programHash: string | null;
}

export const MAX_SEEN = 10;

/** Cuts rows, given in key order, into groups, as a `GroupCutter` does for the KQL rule. Holds one group at a time. */
export class TimedGroups {
  readonly #window: Window;
  readonly #binSeconds: number;
  #open: OpenGroup | null = null;
  /** The last group that is out of scope. */
  #outOfScope = '';

  /** `binSeconds`: 3600, or the length of the bins of a raw source. */
  constructor(window: Window, binSeconds: number = HOUR_SECONDS) {
    this.#window = window;
    this.#binSeconds = binSeconds;
  }

  /** Adds the next rows. Returns the groups that they complete. */
  push(rows: readonly OfflineRow[]): TimedGroup[] {
    const groups: TimedGroup[] = [];
    for (const row of rows) {
      const { groupId } = row;
      if (groupId === this.#outOfScope || !isOfWindow(row, this.#window)) continue;
      if (this.#open?.groupId !== groupId) {
        const place = publicAddressOf(row.RemoteIP);
        if (place === null) {
          this.#outOfScope = groupId;
          continue;
        }
        groups.push(...this.finish());
        this.#open = new OpenGroup(row, place);
      }
      this.#open?.add(row);
    }
    return groups;
  }

  /** Returns the last group, if any. */
  finish(): TimedGroup[] {
    if (this.#open === null) return [];
    const group = this.#open.close(this.#binSeconds);
    this.#open = null;
    return [group];
  }
}

/** More counts than a group has in practice. Beyond it counts of the same second are joined, so memory is bounded. */
const MANY_COUNTS = 10_000;

/** A group whose rows are being read, in order of time. */
class OpenGroup {
  readonly groupId: string;
  readonly #first: OfflineRow;
  readonly #place: PublicAddress;
  #last: OfflineRow;
  #counts: TimedCount[] = [];
  #limit = MANY_COUNTS;
  #onlyFailed = true;
  readonly #ports = new Set<number>();
  readonly #hosts = new Set<string>();
  #programHash: string | null = null;

  constructor(first: OfflineRow, place: PublicAddress) {
    this.groupId = first.groupId;
    this.#first = first;
    this.#last = first;
    this.#place = place;
  }

  add(row: OfflineRow): void {
    this.#last = row;
    if (row.programHash !== null) this.#programHash = row.programHash;
    const count = timedCountOf(row);
    if (count === null) return;
    if (!row.failed) this.#onlyFailed = false;
    if (row.port !== undefined && this.#ports.size < MAX_SEEN) this.#ports.add(row.port);
    if (row.host !== undefined && this.#hosts.size < MAX_SEEN) this.#hosts.add(row.host);
    this.#counts.push(count);
    if (this.#counts.length < this.#limit) return;
    this.#counts = summedPer(1, this.#counts);
    this.#limit = 2 * Math.max(MANY_COUNTS, this.#counts.length);
  }

  close(binSeconds: number): TimedGroup {
    const { source } = this.#first;
    return {
      groupId: this.groupId,
      key: this.#first,
      place: this.#place,
      firstHour: bin(this.#first.Timestamp, '1h'),
      lastHour: bin(this.#last.Timestamp, '1h'),
      counts: isRaw(source) ? summedPer(binSeconds, this.#counts) : this.#counts,
      onlyFailed: this.#onlyFailed && this.#counts.length > 0,
      ports: [...this.#ports].sort((a, b) => a - b),
      hosts: [...this.#hosts].sort(),
      programHash: this.#programHash,
    };
  }
}

/** The hours (bins) with a connection, since 1970. */
export function hoursWith(counts: readonly TimedCount[], binSeconds: number): Set<number> {
  return new Set(counts.map(({ second }) => Math.floor(second / binSeconds)));
}
