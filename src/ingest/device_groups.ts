import { reportsOf } from '../storage/keys.ts';
import type { RecordPlace } from '../storage/ports/dead_letters.ts';
import type { ContributionRow } from '../storage/ports/hourly_counts.ts';

/**
 * Groups that one device may have in one segment. A busy server reaches some thousands in an hour; a device that invents
 * connections could reach millions, and make every run of all other devices slow.
 */
export const GROUPS_PER_DEVICE = 20_000;

/** The rows of a device beyond its limit: the first one with its place, and the reports of all. */
export interface RowsOverLimit {
  readonly first: ContributionRow;
  readonly place: RecordPlace;
  reports: number;
}

/**
 * Holds back the rows of devices with too many groups. A device keeps its first groups in the order of the rows. That order
 * follows from the bytes of the segment, so that a repeat decides the same. Memory is a number per group of the segment.
 */
export class DeviceGroups {
  readonly #limit: number;
  readonly #groups = new Map<string, Set<number>>();
  readonly #over = new Map<string, RowsOverLimit>();

  constructor(limit = GROUPS_PER_DEVICE) {
    this.#limit = limit;
  }

  /** The devices beyond their limit. */
  get over(): readonly RowsOverLimit[] {
    return [...this.#over.values()];
  }

  /** Whether the row is to be stored; else it is counted here. */
  admits(row: ContributionRow, { offset, length, record }: RecordPlace): boolean {
    let groups = this.#groups.get(row.DeviceName);
    if (groups === undefined) {
      groups = new Set();
      this.#groups.set(row.DeviceName, groups);
    }
    const group = numberOf(row.groupId);
    if (groups.has(group)) return true;
    if (groups.size < this.#limit) {
      groups.add(group);
      return true;
    }
    const over = this.#over.get(row.DeviceName);
    if (over) over.reports += reportsOf(row);
    else this.#over.set(row.DeviceName, { first: row, place: { offset, length, record }, reports: reportsOf(row) });
    return false;
  }
}

/** 52 bits of the part of a groupId that depends on all its names: a text would take three times the memory. */
function numberOf(groupId: string): number {
  return Number.parseInt(groupId.slice(8, 21), 16);
}
