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
  /** Of its newest report that has one: see `Contribution`. */
  readonly programHash: string | null;
}

/** The same group, and what the second detector finds of it; absent without a second detector. */
export interface BesideGroup<Other> extends Group {
  readonly beside?: Other;
}

/** A second detector over the same rows, group by group. It has a window of its own. */
export interface Beside<Other> {
  readonly window: Window;
  /** A group begins; rows and `end` follow. */
  begin(key: GroupKey): void;
  /** The next row of the group within the window, in time order. */
  add(row: Counted): void;
  /** What it finds of the group. */
  end(): Other;
}

/**
 * Cuts contributions, given in key order, into groups. Holds one group at a time. Ignores contributions outside the
 * window, and groups that have no others. A second detector sees the rows of its own window; a group that has rows for it
 * alone has an empty series.
 */
export class GroupCutter<Other = never> {
  readonly #window: Window;
  readonly #grain: Grain;
  readonly #beside: Beside<Other> | null;
  readonly #hasOneWindow: boolean;
  #open: { groupId: string; key: GroupKey; builder: SeriesBuilder; programHash: string | null } | null = null;
  /** The newest report at or before asOf, '' before the first. */
  newest: Timestamp | '' = '';

  constructor(window: Window, grain: Grain, beside: Beside<Other> | null = null) {
    this.#window = window;
    this.#grain = grain;
    this.#beside = beside;
    this.#hasOneWindow = beside?.window.after === window.after && beside.window.asOf === window.asOf;
  }

  /** Adds the next contributions. Returns the groups that they complete. */
  push(contributions: readonly Counted[]): BesideGroup<Other>[] {
    const groups: BesideGroup<Other>[] = [];
    const beside = this.#beside;
    for (const contribution of contributions) {
      const { groupId, Timestamp, count } = contribution;
      if (Timestamp > this.newest && Timestamp <= this.#window.asOf) this.newest = Timestamp;
      const isInside = isOfWindow(contribution, this.#window);
      const isBeside = beside !== null && (this.#hasOneWindow ? isInside : isOfWindow(contribution, beside.window));
      if (!isInside && !isBeside) continue;
      let open = this.#open;
      if (open?.groupId !== groupId) {
        this.#finishInto(groups);
        const builder = new SeriesBuilder(grainOf(contribution, this.#grain));
        open = { groupId, key: contribution, builder, programHash: null };
        this.#open = open;
        beside?.begin(contribution);
      }
      if (contribution.programHash !== null) open.programHash = contribution.programHash;
      if (isInside) open.builder.add(Timestamp, count);
      if (isBeside) beside.add(contribution);
    }
    return groups;
  }

  /** Returns the last group, if any. */
  finish(): BesideGroup<Other>[] {
    const groups: BesideGroup<Other>[] = [];
    this.#finishInto(groups);
    return groups;
  }

  #finishInto(groups: BesideGroup<Other>[]): void {
    if (this.#open === null) return;
    const { groupId, key, builder, programHash } = this.#open;
    this.#open = null;
    const series = builder.build();
    const beside = this.#beside;
    if (beside === null) groups.push({ groupId, key, series, programHash });
    else groups.push({ groupId, key, series, programHash, beside: beside.end() });
  }
}
