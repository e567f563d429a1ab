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
  const needed = distinctHours(seconds, 0) + MIN_GAIN;
  // No offset yields more hours than there are reports: this spares most groups the search.
  if (seconds.length < needed) return 0;
  let best = { offset: 0, hours: needed, margin: -1 };
  for (let offset = STEP_SECONDS; offset < HOUR_SECONDS; offset += STEP_SECONDS) {
    const hours = distinctHours(seconds, offset);
    if (hours < best.hours) continue;
    const margin = marginOf(seconds, offset);
    if (hours > best.hours || margin >= best.margin) best = { offset, hours, margin };
  }
  return best.offset;
}

function distinctHours(seconds: readonly number[], offset: number): number {
  return new Set(seconds.map((second) => Math.floor((second - offset) / HOUR_SECONDS))).size;
}

/** The smallest distance of any report to a border of an hour, in seconds. */
function marginOf(seconds: readonly number[], offset: number): number {
  let margin = HOUR_SECONDS;
  for (const second of seconds) {
    const after = (((second - offset) % HOUR_SECONDS) + HOUR_SECONDS) % HOUR_SECONDS;
    margin = Math.min(margin, after, HOUR_SECONDS - after);
  }
  return margin;
}
