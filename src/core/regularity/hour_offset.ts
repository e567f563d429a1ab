import { HOUR_SECONDS } from './time_bin.ts';

/** The candidates: 0, 5, … 55 minutes after the full hour. */
const STEP_SECONDS = 300;
/** Another offset needs this many more distinct hours than the clock hour. */
const MIN_GAIN = 2;

/**
 * Where the reporting hours of a device begin, in seconds after the full hour. Defender's reporting hour starts with the
 * sensor. So reports around the full hour fall into one clock hour twice, and into the next one not at all.
 *
 * 0 unless another offset yields at least two more distinct hours. Of those offsets the one with the most distinct hours is
 * taken; then the one whose borders are farthest from every report; then the largest.
 *
 * `seconds`: the times of the reports, since 1970. Reports at 00:56, 02:04, 02:56, 04:04, … give 1800.
 */
export function hourOffsetOf(seconds: readonly number[]): number {
  const sorted = isSorted(seconds) ? seconds : seconds.toSorted((a, b) => a - b);
  return sortedOffsetOf(sorted, sorted.length, distinctHours(sorted, sorted.length, 0));
}

/** The same of the first `length` times, which are sorted; they have so many distinct clock hours. */
export function sortedOffsetOf(sorted: readonly number[], length: number, clockHours: number): number {
  const needed = clockHours + MIN_GAIN;
  // No offset yields more hours than there are reports: this spares most groups the search.
  if (length < needed) return 0;
  let best = { offset: 0, hours: needed, margin: -1 };
  for (let offset = STEP_SECONDS; offset < HOUR_SECONDS; offset += STEP_SECONDS) {
    const hours = distinctHours(sorted, length, offset);
    if (hours < best.hours) continue;
    const margin = marginOf(sorted, length, offset);
    if (hours > best.hours || margin >= best.margin) best = { offset, hours, margin };
  }
  return best.offset;
}

/** Whether no number is less than the one before. */
export function isSorted(seconds: readonly number[]): boolean {
  for (let at = 1; at < seconds.length; at++) if ((seconds[at - 1] as number) > (seconds[at] as number)) return false;
  return true;
}

/** In sorted times an hour is new where it differs from the one before. */
function distinctHours(sorted: readonly number[], length: number, offset: number): number {
  let hours = 0;
  let before = Number.NaN;
  for (let at = 0; at < length; at++) {
    const hour = Math.floor(((sorted[at] as number) - offset) / HOUR_SECONDS);
    if (hour !== before) hours++;
    before = hour;
  }
  return hours;
}

/** The smallest distance of any report to a border of an hour, in seconds. */
function marginOf(seconds: readonly number[], length: number, offset: number): number {
  let margin = HOUR_SECONDS;
  for (let at = 0; at < length; at++) {
    const after = ((((seconds[at] as number) - offset) % HOUR_SECONDS) + HOUR_SECONDS) % HOUR_SECONDS;
    margin = Math.min(margin, after, HOUR_SECONDS - after);
  }
  return margin;
}
