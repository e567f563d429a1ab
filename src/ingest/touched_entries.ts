import { bin, type Hour } from '../core/kql/bin.ts';
import type { Contribution } from '../core/records/contribution.ts';
import { partitionOf } from '../storage/keys.ts';
import type { Touched } from '../storage/ports/hourly_counts.ts';

/** An hour with more changed groups in a segment is announced as a whole: reading it is then less than reading each group. */
export const GROUPS_PER_HOUR = 20;

/**
 * Chooses the entry that announces a row: its hour where that is recent, or where the segment has changed many groups of it;
 * else the group in its hour. Any choice is correct; it decides how much a run reads. Holds at most `GROUPS_PER_HOUR` ids
 * per hour and partition.
 */
export class TouchedEntries {
  readonly #segmentId: string;
  readonly #recentFrom: Hour;
  /** The groups with entries of their own, by partition and hour. */
  readonly #groups = new Map<string, Set<string>>();

  constructor(segmentId: string, recentFrom: Hour) {
    this.#segmentId = segmentId;
    this.#recentFrom = recentFrom;
  }

  of({ groupId, Timestamp }: Contribution): Touched {
    const hour = bin(Timestamp, '1h');
    const isOfGroup = hour < this.#recentFrom && this.#isFew(groupId, hour);
    return { hour, groupId: isOfGroup ? groupId : null, segmentId: this.#segmentId };
  }

  #isFew(groupId: string, hour: Hour): boolean {
    const key = partitionOf(groupId) + hour;
    let groups = this.#groups.get(key);
    if (groups === undefined) {
      groups = new Set();
      this.#groups.set(key, groups);
    }
    if (groups.has(groupId)) return true;
    if (groups.size === GROUPS_PER_HOUR) return false;
    groups.add(groupId);
    return true;
  }
}
