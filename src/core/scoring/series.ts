import { bin, type Hour } from '../kql/bin.ts';
import type { Timestamp } from '../kql/timestamp.ts';
import { type GroupKey, isRaw } from '../records/report.ts';

/** `hour`: one point per clock hour that has reports, summed. `report`: one point per report, the query to the letter. */
export type Grain = 'hour' | 'report';

/** Raw events are counted by the hour, whatever grain is asked for: what a report would have said of it. */
export function grainOf({ source }: GroupKey, asked: Grain): Grain {
  return isRaw(source) ? 'hour' : asked;
}

/** The counts of one group in the window, in time order. */
export interface Series {
  /** make_list(Timestamp): the hour of each row, with repeats in grain `report`. */
  readonly Timestamp: readonly Hour[];
  /** make_list(ConnectionCount): nulls are skipped, so it can be shorter than Timestamp. */
  readonly ConnCounts: readonly number[];
  /** The hour of each count; as long as ConnCounts. */
  readonly countHours: readonly Hour[];
  /** Rows that were passed over because a series holds no more than `MAX_POINTS`: the oldest ones. */
  readonly dropped: number;
}

/**
 * The most rows that a series holds: the newest. Only grain `report` can come near it (an hour of a window is one row
 * in grain `hour`); it bounds memory, and the time of the period search, which grows with the square.
 */
export const MAX_POINTS = 10_000;

/** Gathers the contributions of one group, given in time order, into its series. Holds at most `2 * MAX_POINTS` rows. */
export class SeriesBuilder {
  readonly #grain: Grain;
  #hours: Hour[] = [];
  /** Of each row: the count, or null where no report of it names one. */
  #counts: (number | null)[] = [];
  #dropped = 0;

  constructor(grain: Grain) {
    this.#grain = grain;
  }

  /** Adds one contribution, no earlier than those before it. */
  add(timestamp: Timestamp, count: number | null): void {
    const hour = bin(timestamp, '1h');
    const last = this.#hours.length - 1;
    if (this.#grain === 'hour' && this.#hours[last] === hour) {
      if (count !== null) this.#counts[last] = (this.#counts[last] ?? 0) + count;
      return;
    }
    this.#hours.push(hour);
    this.#counts.push(count);
    if (this.#hours.length === 2 * MAX_POINTS) this.#drop(MAX_POINTS);
  }

  build(): Series {
    if (this.#hours.length > MAX_POINTS) this.#drop(this.#hours.length - MAX_POINTS);
    const ConnCounts: number[] = [];
    const countHours: Hour[] = [];
    for (const [row, count] of this.#counts.entries()) {
      if (count === null) continue;
      ConnCounts.push(count);
      countHours.push(this.#hours[row] as Hour);
    }
    return { Timestamp: this.#hours, ConnCounts, countHours, dropped: this.#dropped };
  }

  #drop(rows: number): void {
    this.#hours = this.#hours.slice(rows);
    this.#counts = this.#counts.slice(rows);
    this.#dropped += rows;
  }
}
