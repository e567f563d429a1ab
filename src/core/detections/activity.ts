import { bin, type Hour } from '../kql/bin.ts';
import { DAY_MS, HOUR_MS } from '../kql/timespan.ts';
import { addMs, msOf, type Timestamp, timestampFromMs } from '../kql/timestamp.ts';
import { countsByHour, hoursOf } from '../scoring/hours.ts';

/** What a detection keeps of its group's activity, so that lists and pages read no counts. */

/** Clock hours: three days. */
export const ACTIVITY_HOURS = 72;
/** UTC days. */
export const ACTIVITY_DAYS = 30;

/** The sums of `ACTIVITY_HOURS` or of `ACTIVITY_DAYS`, the oldest first; null where there was no report. */
export type Activity = readonly (number | null)[];

/** The last `ACTIVITY_HOURS` before `asOf`: their connections, from the counts of a group and the hour of each. */
export function activityHoursOf(asOf: Timestamp, countHours: readonly Hour[], counts: readonly number[]): Activity {
  const window = { after: addMs(asOf, -ACTIVITY_HOURS * HOUR_MS), asOf };
  // A window that does not end at a full hour touches one hour more.
  return countsByHour(window, countHours, counts).slice(-ACTIVITY_HOURS);
}

/**
 * The days up to that of `asOf`, from the hours that end there and the days that were known at an earlier `asOf`. Hours that
 * have left the window stay in the day that was summed before, so a day never loses connections.
 */
export function activityDaysOf(
  asOf: Timestamp,
  hours: Activity,
  before: { readonly days: Activity; readonly asOf: Timestamp } | null,
): Activity {
  const last = dayOf(asOf);
  const passed = before === null ? ACTIVITY_DAYS : last - dayOf(before.asOf);
  const days = Array.from({ length: ACTIVITY_DAYS }, (_, index) => before?.days[index + passed] ?? null);
  for (const [day, sum] of dailySums(asOf, hours)) {
    const index = day - last + ACTIVITY_DAYS - 1;
    days[index] = Math.max(days[index] ?? 0, sum);
  }
  return days;
}

/** The connections of each day of which an hour has a report. */
function dailySums(asOf: Timestamp, hours: Activity): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  const lastHour = Math.floor(lastMsOf(asOf) / HOUR_MS);
  for (const [index, count] of hours.entries()) {
    if (count === null) continue;
    const day = Math.floor(((lastHour - hours.length + 1 + index) * HOUR_MS) / DAY_MS);
    sums.set(day, (sums.get(day) ?? 0) + count);
  }
  return sums;
}

/** The number of the day, since 1970, whose hours end with `asOf`: at midnight the day before. */
function dayOf(asOf: Timestamp): number {
  return Math.floor(lastMsOf(asOf) / DAY_MS);
}

/** The last millisecond of the hours before `asOf`. */
function lastMsOf(asOf: Timestamp): number {
  const hour = bin(asOf, '1h');
  return hour === asOf ? msOf(hour) - 1 : msOf(hour);
}

/** The hour of one of `length` hours before a detection's newest match. */
export function activityHourOf(lastMatched: Timestamp, length: number, index: number): Hour {
  return bin(addMs(timestampFromMs(lastMsOf(lastMatched)), (index - length + 1) * HOUR_MS), '1h');
}

/** The hours in which a detection's group had reports, of the last `ACTIVITY_HOURS` before its newest match, oldest first. */
export function activeHoursOf({
  hours,
  lastMatched,
}: {
  readonly hours: Activity;
  readonly lastMatched: Timestamp;
}): Hour[] {
  const end = addMs(bin(timestampFromMs(lastMsOf(lastMatched)), '1h'), HOUR_MS);
  const all = hoursOf({ after: addMs(end, -hours.length * HOUR_MS), asOf: end });
  return all.filter((_, index) => (hours[index] ?? null) !== null);
}
