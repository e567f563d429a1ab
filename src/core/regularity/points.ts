import { hourOffsetOf, isSorted } from './hour_offset.ts';
import { HOUR_SECONDS, WINDOW_SECONDS } from './time_bin.ts';
import type { TimedCount } from './timed_count.ts';

/** The counts of one group per hour (or per bin), in time order. Hours in which the device was off are absent. */
export interface Points {
  /** Hours without an hour between them in which the device was off. */
  readonly stretches: readonly (readonly number[])[];
  /** The stretches without their partial hours. */
  readonly inner: readonly (readonly number[])[];
  /** `stretches` as one list. */
  readonly on: readonly number[];
  /** `inner` as one list. */
  readonly x: readonly number[];
  /** Where the hours begin, after the full hour: 0, 5, … 55. */
  readonly hourOffsetMinutes: number;
  /** 3600, or the length of the bins. */
  readonly binSeconds: number;
}

/** The clock hours (or bins) in which other groups of the device reported: whole hours (bins) since 1970. null: not known. */
export type DeviceOn = { has(hour: number): boolean } | null;

/** A device is talkative if other groups report in this share of a group's own hours. Then silence of all means that it was off. */
export const TALKATIVE = 0.8;
/** A stretch of this many hours loses its first and its last. */
export const MIN_TO_DROP = 4;

/**
 * The points of a group.
 *
 * - Hours begin where `hourOffsetOf` says; bins begin at the clock's.
 * - They go from the hour of the first report to the hour of the last one.
 * - A silent hour counts as 0, unless the device is talkative (`TALKATIVE`) and was silent in each clock hour that the hour
 *   overlaps. Then the device was off: the hour is omitted, and splits the series. Without `deviceOn` it was never off.
 * - The first and the last hour of a stretch are partial: a stretch of at least four hours loses them in `inner`.
 *
 * The order of `counts` does not matter. No count gives no point. Throws a RangeError if they span more than 72 hours.
 */
export function pointsOf(counts: readonly TimedCount[], deviceOn: DeviceOn, binSeconds: number = HOUR_SECONDS): Points {
  const seconds = counts.map(({ second }) => second);
  if (!isSorted(seconds)) seconds.sort((a, b) => a - b);
  const offset = binSeconds === HOUR_SECONDS ? hourOffsetOf(seconds) : 0;
  const first = Math.floor(((seconds[0] ?? Number.POSITIVE_INFINITY) - offset) / binSeconds);
  const last = Math.floor(((seconds.at(-1) ?? Number.NEGATIVE_INFINITY) - offset) / binSeconds);
  if ((last - first) * binSeconds > WINDOW_SECONDS) {
    throw new RangeError(`reports of ${((last - first) * binSeconds) / HOUR_SECONDS} hours; the window has 72`);
  }
  const sums = new Float64Array(counts.length === 0 ? 0 : last - first + 1);
  for (const { second, count } of counts) {
    const at = Math.floor((second - offset) / binSeconds) - first;
    sums[at] = (sums[at] as number) + count;
  }

  const isOff = offTest(seconds, deviceOn, binSeconds, offset > 0);
  const stretches: number[][] = [];
  let open: number[] | null = null;
  for (let hour = first; hour <= last; hour++) {
    const sum = sums[hour - first] as number;
    if (sum === 0 && isOff(hour)) {
      open = null;
      continue;
    }
    if (open === null) {
      open = [];
      stretches.push(open);
    }
    open.push(sum);
  }
  const inner = stretches.map((stretch) => (stretch.length < MIN_TO_DROP ? stretch : stretch.slice(1, -1)));
  return { stretches, inner, on: joined(stretches), x: joined(inner), hourOffsetMinutes: offset / 60, binSeconds };
}

/** As one list; mostly there is one stretch. */
function joined(stretches: readonly (readonly number[])[]): readonly number[] {
  return stretches.length === 1 ? (stretches[0] as readonly number[]) : stretches.flat();
}

/** The test of a silent hour. With an offset it overlaps two clock hours: the one of its number and the next. `seconds` are sorted. */
function offTest(
  seconds: readonly number[],
  deviceOn: DeviceOn,
  binSeconds: number,
  overlapsTwo: boolean,
): (hour: number) => boolean {
  if (deviceOn === null) return () => false;
  let [own, shared, before] = [0, 0, Number.NaN];
  for (const second of seconds) {
    const hour = Math.floor(second / binSeconds);
    if (hour === before) continue;
    own++;
    if (deviceOn.has(hour)) shared++;
    before = hour;
  }
  if (shared / own < TALKATIVE) return () => false;
  return (hour) => !deviceOn.has(hour) && !(overlapsTwo && deviceOn.has(hour + 1));
}
