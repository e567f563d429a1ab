import { chiSquareBelow } from './chi_square.ts';
import { clockShareOf } from './clock_variance.ts';
import { MIN_GAP_MEAN, MIN_GAPS } from './gaps_view.ts';
import { type HourBits, hasHour, hoursIn, hoursInBoth } from './hour_bits.ts';
import { sortedOffsetOf } from './hour_offset.ts';
import { MIN_TO_DROP, TALKATIVE } from './points.ts';
import { MAX_SESSION_HOURS, MAX_SESSION_P, MIN_SESSION_HOURS, MIN_SESSION_MEAN } from './session.ts';
import { MAX_CLOCK_SHARE, MIN_POINTS } from './spread_view.ts';
import { CHANCE } from './steps_view.ts';
import { HOUR_SECONDS, WINDOW_SECONDS } from './time_bin.ts';

/** The reports of one group in order of time. Columns that are used again and again: only the first `length` count. */
export interface TimedColumns {
  /** Whole seconds since 1970. */
  readonly seconds: readonly number[];
  readonly counts: readonly number[];
  readonly length: number;
  /** The clock hours with a report; the first one is `firstHour`. */
  readonly hours: HourBits;
  readonly firstHour: number;
}

/** With an offset, 72 hours overlap so many reporting hours. */
const MOST_HOURS = WINDOW_SECONDS / HOUR_SECONDS + 1;
/** Sums in another order differ by less. */
const SLACK = 1e-9;
const HALF_DIGIT = 0.0005;
const SPREAD_K = 5;
const STEPS_K = 5;
const GAPS_K = 3;
/** A step is sorted into one of so many bins below 1, or the last one. */
const BINS = 32;

/**
 * Whether a group can match, by bounds that need no array of its own and sort nothing: most groups cannot. It never rejects a group
 * that `regularMatchOf` matches, and lets few others pass. One is used for all groups, since it keeps its memory.
 */
export class PossibleMatch {
  readonly #lowest: number;
  /** The counts of the hours with the device on, then those without the partial hours. */
  readonly #on = new Float64Array(MOST_HOURS + 1);
  readonly #x = new Float64Array(MOST_HOURS + 1);
  /** Of `#x`: 1 where a stretch begins. */
  readonly #begins = new Uint8Array(MOST_HOURS + 1);
  readonly #sums = new Float64Array(MOST_HOURS + 1);
  readonly #bins = new Int32Array(BINS + 1);
  #onLength = 0;
  #length = 0;

  /** `match`: a rounded score from here on matches. */
  constructor(match: number) {
    this.#lowest = match - HALF_DIGIT - SLACK;
  }

  /** `deviceOn`: the hours in which another group of the device reported, from `firstHour` on; null where that is not known. */
  of(reports: TimedColumns, deviceOn: HourBits | null): boolean {
    // No score is negative, so whatever can be measured reaches 0. Reports of too many hours are for `regularMatchOf` to refuse.
    if (this.#lowest <= 0 || !this.#read(reports, deviceOn)) return true;
    const { mean, squares } = this.#moments();
    const n = this.#length;
    const f = clockShareOf(mean);
    if (this.#gapsScore() >= this.#lowest) return true;
    if (n >= MIN_POINTS && mean > 0) {
      if (f <= MAX_CLOCK_SHARE) {
        const value = Math.max(0, (squares / (n - 1) / mean - f) / (1 - f));
        if (scoreOf(value, n * (1 - f) ** 2, SPREAD_K) >= this.#lowest) return true;
      }
      const isShort = n >= MIN_SESSION_HOURS && n <= MAX_SESSION_HOURS && mean >= MIN_SESSION_MEAN;
      if (isShort && squares / mean - f * (n - 1) <= (LARGEST_SQUARES[n] as number) * (1 - f) + SLACK) return true;
    }
    return this.#canStep();
  }

  /** Sums the reports per hour, without the hours in which the device was off. False where they span too many hours. */
  #read({ seconds, counts, length, hours, firstHour }: TimedColumns, deviceOn: HourBits | null): boolean {
    const active = hoursIn(hours);
    const offset = sortedOffsetOf(seconds, length, active);
    const first = Math.floor(((seconds[0] as number) - offset) / HOUR_SECONDS);
    const all = Math.floor(((seconds[length - 1] as number) - offset) / HOUR_SECONDS) - first + 1;
    if (all > MOST_HOURS) return false;
    const sums = this.#sums.fill(0, 0, all);
    for (let n = 0; n < length; n++) {
      const at = Math.floor(((seconds[n] as number) - offset) / HOUR_SECONDS) - first;
      sums[at] = (sums[at] as number) + (counts[n] as number);
    }
    const isTalkative = deviceOn !== null && hoursInBoth(hours, deviceOn) / active >= TALKATIVE;
    this.#onLength = 0;
    this.#length = 0;
    let start = 0;
    for (let hour = 0; isTalkative && hour < all; hour++) {
      if (sums[hour] !== 0) continue;
      const at = first + hour - firstHour;
      if (hasHour(deviceOn, at) || (offset > 0 && hasHour(deviceOn, at + 1))) continue;
      this.#addStretch(start, hour);
      start = hour + 1;
    }
    this.#addStretch(start, all);
    return true;
  }

  #addStretch(start: number, end: number): void {
    if (start === end) return;
    const sums = this.#sums;
    for (let hour = start; hour < end; hour++) this.#on[this.#onLength++] = sums[hour] as number;
    const dropped = end - start >= MIN_TO_DROP ? 1 : 0;
    for (let hour = start + dropped; hour < end - dropped; hour++) {
      this.#begins[this.#length] = hour === start + dropped ? 1 : 0;
      this.#x[this.#length++] = sums[hour] as number;
    }
  }

  #moments(): { readonly mean: number; readonly squares: number } {
    const [x, n] = [this.#x, this.#length];
    let sum = 0;
    for (let at = 0; at < n; at++) sum += x[at] as number;
    const mean = sum / n;
    let squares = 0;
    for (let at = 0; at < n; at++) squares += ((x[at] as number) - mean) ** 2;
    return { mean, squares };
  }

  #gapsScore(): number {
    const on = this.#on;
    let [gaps, before, first] = [-1, 0, 0];
    for (let hour = 0; hour < this.#onLength; hour++) {
      if (on[hour] === 0) continue;
      if (gaps === -1) first = hour;
      gaps++;
      before = hour;
    }
    const mean = (before - first) / gaps;
    if (gaps < MIN_GAPS || !(mean >= MIN_GAP_MEAN)) return 0;
    let squares = 0;
    before = first;
    for (let hour = first + 1; hour < this.#onLength; hour++) {
      if (on[hour] === 0) continue;
      squares += (hour - before - mean) ** 2;
      before = hour;
    }
    return scoreOf(squares / (gaps - 1) / (mean * (mean - 1)), gaps, GAPS_K);
  }

  /** Each step counts as the lower end of its bin: then the smallest two thirds have at most their mean. */
  #canStep(): boolean {
    const [x, bins] = [this.#x, this.#bins.fill(0)];
    let n = 0;
    for (let at = 1; at < this.#length; at++) {
      if (this.#begins[at] === 1) continue;
      const a = x[at - 1] as number;
      const b = x[at] as number;
      if (a + b === 0) continue;
      n++;
      const bin = Math.min(BINS, Math.floor((BINS * (a - b) ** 2) / (a + b)));
      bins[bin] = (bins[bin] as number) + 1;
    }
    if (n === 0) return false;
    const kept = n - Math.floor(n / 3);
    const largest = (1 - (this.#lowest * (n + STEPS_K)) / n) * CHANCE * kept + SLACK;
    let [left, sum] = [kept, 0];
    for (let bin = 0; left > 0; bin++) {
      const taken = Math.min(left, bins[bin] as number);
      sum += (taken * bin) / BINS;
      left -= taken;
    }
    return sum <= largest;
  }
}

function scoreOf(value: number, n: number, k: number): number {
  return (n * (1 - value)) / (n + k);
}

/** By the number of hours: the largest χ² that is a session, a little more than that. */
const LARGEST_SQUARES = Array.from({ length: MAX_SESSION_HOURS + 1 }, (_, n) =>
  n < MIN_SESSION_HOURS ? 0 : largestSquares(n - 1),
);

function largestSquares(degrees: number): number {
  let [low, high] = [0, 4 * degrees];
  while (high - low > SLACK) {
    const middle = (low + high) / 2;
    if (chiSquareBelow(degrees, middle) <= MAX_SESSION_P) low = middle;
    else high = middle;
  }
  return high;
}
