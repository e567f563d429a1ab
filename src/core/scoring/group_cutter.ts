import type { Timestamp } from '../kql/timestamp.ts';
import type { Counted } from '../records/contribution.ts';
import type { GroupKey } from '../records/report.ts';
import { type Grain, grainOf, type Series, SeriesBuilder } from './series.ts';
import { isOfWindow, type Window } from './window.ts';

/** A group that has reports in the window, and its series. */
export interface Group {
  readonly groupId: string;
  readonly key: GroupKey;
  readonly series: Series;
}

/**
 * Cuts contributions, given in key order, into groups. Holds one group at a time. Ignores contributions outside the
 * window, and groups that have no others.
 */
export class GroupCutter {
  readonly #window: Window;
  readonly #grain: Grain;
  #open: { groupId: string; key: GroupKey; builder: SeriesBuilder } | null = null;
  /** The newest report at or before asOf, '' before the first. */
  newest: Timestamp | '' = '';

  constructor(window: Window, grain: Grain) {
    this.#window = window;
    this.#grain = grain;
  }

  /** Adds the next contributions. Returns the groups that they complete. */
  push(contributions: readonly Counted[]): Group[] {
    const groups: Group[] = [];
    for (const contribution of contributions) {
      const { groupId, Timestamp, count } = contribution;
      if (Timestamp > this.newest && Timestamp <= this.#window.asOf) this.newest = Timestamp;
      if (!isOfWindow(contribution, this.#window)) continue;
      if (this.#open?.groupId !== groupId) {
        groups.push(...this.finish());
        this.#open = { groupId, key: contribution, builder: new SeriesBuilder(grainOf(contribution, this.#grain)) };
      }
      this.#open.builder.add(Timestamp, count);
    }
    return groups;
  }

  /** Returns the last group, if any. */
  finish(): Group[] {
    if (this.#open === null) return [];
    const { groupId, key, builder } = this.#open;
    this.#open = null;
    return [{ groupId, key, series: builder.build() }];
  }
}
