import { addHour, clearHours, noHours } from '../../core/regularity/hour_bits.ts';
import type { TimedColumns } from '../../core/regularity/possible_match.ts';
import { HOUR_SECONDS } from '../../core/regularity/time_bin.ts';
import { summedPer, type TimedCount } from '../../core/regularity/timed_count.ts';

/** More counts than a group has in practice. Beyond it counts of the same second are joined, so memory is bounded. */
const MANY_COUNTS = 10_000;

/** The reports of the group at hand, in order of time: the first `length` of each list. It is used again and again. */
export class GroupReports implements TimedColumns {
  readonly seconds: number[] = [];
  readonly counts: number[] = [];
  length = 0;
  readonly hours = noHours();
  firstHour = 0;
  onlyFailed = true;
  #limit = MANY_COUNTS;

  clear(firstHour: number): void {
    this.length = 0;
    this.firstHour = firstHour;
    clearHours(this.hours);
    this.onlyFailed = true;
    this.#limit = MANY_COUNTS;
  }

  /** `isRaw`: the rows of an hour are one report, however the exports are cut. */
  add(second: number, count: number, failed: boolean, isRaw: boolean): void {
    if (!failed) this.onlyFailed = false;
    const last = this.length - 1;
    if (isRaw && last >= 0 && this.seconds[last] === second) {
      this.counts[last] = (this.counts[last] as number) + count;
      return;
    }
    addHour(this.hours, Math.floor(second / HOUR_SECONDS) - this.firstHour);
    this.seconds[this.length] = second;
    this.counts[this.length++] = count;
    if (this.length === this.#limit) this.#join();
  }

  counted(): TimedCount[] {
    const counted: TimedCount[] = [];
    for (let at = 0; at < this.length; at++)
      counted.push({ second: this.seconds[at] as number, count: this.counts[at] as number });
    return counted;
  }

  /** Joins the counts of the same second. */
  #join(): void {
    const joined = summedPer(1, this.counted());
    this.length = joined.length;
    for (const [at, { second, count }] of joined.entries()) {
      this.seconds[at] = second;
      this.counts[at] = count;
    }
    this.#limit = 2 * Math.max(MANY_COUNTS, joined.length);
  }
}
