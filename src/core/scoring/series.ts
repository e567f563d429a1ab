import { bin, type Hour } from '../kql/bin.ts';
import type { Timestamp } from '../kql/timestamp.ts';
import { type GroupKey, isRaw } from '../records/report.ts';

/** `hour`: one point per clock hour with reports, their sum. `report`: one point per report, exactly as in the query. */
export type Grain = 'hour' | 'report';

/** Raw events are always counted per hour, as a report would count them. */
export function grainOf({ source }: GroupKey, grain: Grain): Grain {
  return isRaw(source) ? 'hour' : grain;
}

/** The counts of one group in the window, in time order. */
export interface Series {
  /** make_list(Timestamp): the hour of each row, with repeats in grain `report`. */
  readonly Timestamp: readonly Hour[];
  /** make_list(ConnectionCount): nulls are skipped, so it can be shorter than Timestamp. */
  readonly ConnCounts: readonly number[];
  /** The hour of each count; as long as ConnCounts. */
  readonly countHours: readonly Hour[];
  /** The oldest rows beyond `MAX_POINTS`, which the series does not hold. */
  readonly dropped: number;
}

/**
 * A series holds at most this many rows, the newest. It bounds memory and the time of the period search, which is
 * quadratic. Only grain `report` can reach it.
 */
export const MAX_POINTS = 10_000;

/** Builds the series of one group from its contributions, given in time order. Holds at most `2 * MAX_POINTS` rows. */
export class SeriesBuilder {
  readonly #grain: Grain;
  #hours: Hour[] = [];
  /** The count of each row, null where none of its reports has one. */
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
    const [hours, counts, dropped] = [this.#hours, this.#counts, this.#dropped];
    // Nearly every group: nothing to copy.
    if (isWithoutNull(counts)) return { Timestamp: hours, ConnCounts: counts, countHours: hours, dropped };
    const countHours = hours.filter((_, row) => counts[row] !== null);
    return { Timestamp: hours, ConnCounts: counts.filter((count) => count !== null), countHours, dropped };
  }

  #drop(rows: number): void {
    this.#hours = this.#hours.slice(rows);
    this.#counts = this.#counts.slice(rows);
    this.#dropped += rows;
  }
}

function isWithoutNull(counts: readonly (number | null)[]): counts is readonly number[] {
  for (let row = 0; row < counts.length; row++) if (counts[row] === null) return false;
  return true;
}
