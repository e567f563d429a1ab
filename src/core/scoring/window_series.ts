import { bin, type Hour } from '../kql/bin.ts';
import type { Timestamp } from '../kql/timestamp.ts';
import type { Contribution } from '../records/contribution.ts';
import { isRaw } from '../records/report.ts';
import { MAX_POINTS, type Series, SeriesBuilder } from './series.ts';
import type { Window } from './window.ts';

type Point = Pick<Contribution, 'source' | 'Timestamp' | 'count'>;

/** One row of a series, or in grain `hour` a part of one: no window's edge lies within it. */
interface Cell {
  readonly Timestamp: Timestamp;
  readonly hour: Hour;
  count: number | null;
}

/**
 * Cuts the contributions of one group, given in time order, into the series of every window, in one pass. Each series is
 * the one that `SeriesBuilder` gives for the window alone, but for `dropped`. Holds the cells of one window: at most
 * `2 * MAX_POINTS`, and in grain `hour` one for each hour and each edge.
 */
export class WindowSeries {
  readonly #windows: readonly Window[];
  readonly #isRaw: boolean;
  readonly #isHourly: boolean;
  readonly #minPoints: number;
  readonly #onSeries: (series: Series, window: number) => void;
  /** The cells from `#first` on are within the next window to close, or after its start. */
  #cells: Cell[] = [];
  #first = 0;
  /** The next window to close. */
  #next = 0;
  /** All starts and ends of the windows, sorted, and the number of those before the last contribution. */
  readonly #edges: readonly Timestamp[];
  #edge = 0;

  /** `edges`: `edgesOf(windows)`. Series of fewer than `minPoints` counts, and empty ones, are not built. */
  constructor(
    windows: readonly Window[],
    edges: readonly Timestamp[],
    { source, grain, minPoints }: { source: Contribution['source']; grain: 'hour' | 'report'; minPoints: number },
    onSeries: (series: Series, window: number) => void,
  ) {
    this.#windows = windows;
    this.#edges = edges;
    this.#isRaw = isRaw(source);
    this.#isHourly = grain === 'hour';
    this.#minPoints = Math.max(1, minPoints);
    this.#onSeries = onSeries;
  }

  add({ Timestamp, count }: Point): void {
    for (; this.#next < this.#windows.length; this.#next++) {
      if (!this.#isAfter(Timestamp, this.#windows[this.#next] as Window)) break;
      this.#close(this.#next);
    }
    const edge = this.#edge;
    while (this.#edge < this.#edges.length && (this.#edges[this.#edge] as Timestamp) < Timestamp) this.#edge++;
    const last = this.#cells.at(-1);
    const hour = bin(Timestamp, '1h');
    // All raw events of an hour have one time, so no edge is between them.
    if (this.#isHourly && last?.hour === hour && (this.#edge === edge || this.#isRaw)) {
      if (count !== null) last.count = (last.count ?? 0) + count;
      return;
    }
    this.#cells.push({ Timestamp, hour, count });
    if (!this.#isHourly && this.#cells.length - this.#first > 2 * MAX_POINTS) {
      this.#cells = this.#cells.slice(-MAX_POINTS);
      this.#first = 0;
    }
  }

  finish(): void {
    for (; this.#next < this.#windows.length && this.#first < this.#cells.length; this.#next++) this.#close(this.#next);
  }

  #close(index: number): void {
    const window = this.#windows[index] as Window;
    while (this.#first < this.#cells.length && this.#isBefore(this.#cells[this.#first] as Cell, window)) this.#first++;
    // Cells are removed in blocks: each removal moves all others.
    if (this.#first > this.#cells.length / 2) {
      this.#cells = this.#cells.slice(this.#first);
      this.#first = 0;
    }
    if (this.#cells.length - this.#first < this.#minPoints) return;
    const builder = new SeriesBuilder(this.#isHourly ? 'hour' : 'report');
    for (let n = this.#first; n < this.#cells.length; n++) {
      const { Timestamp, count } = this.#cells[n] as Cell;
      builder.add(Timestamp, count);
    }
    this.#onSeries(builder.build(), index);
  }

  /** With `#isAfter`, the negation of `isOfWindow`. */
  #isBefore({ Timestamp }: Pick<Cell, 'Timestamp'>, { after }: Window): boolean {
    return this.#isRaw ? Timestamp < after : Timestamp <= after;
  }

  #isAfter(timestamp: Timestamp, { asOf }: Window): boolean {
    return this.#isRaw ? timestamp >= asOf : timestamp > asOf;
  }
}

/** All starts and ends of the windows, sorted. */
export function edgesOf(windows: readonly Window[]): Timestamp[] {
  return [...new Set(windows.flatMap(({ after, asOf }) => [after, asOf]))].sort();
}
