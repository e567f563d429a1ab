const DAY_HOURS = 24;
/** A day with fewer hours with reports does not count as observed: one report of a wrong clock is no history. */
const MIN_HOURS = 4;
/** A process in a network is new for so many days after it was seen first. */
export const NEW_DAYS = 7;

/**
 * The first hour from which on a fleet was observed: the first one of a day with reports in at least four hours. Hours are
 * clock hours since 1970, in any order; null where there is no such day.
 *
 * `observedSince([0, 500, 501, 502, 503])` is 500.
 */
export function observedSince(hours: Iterable<number>): number | null {
  const sorted = [...new Set(hours)].sort((a, b) => a - b);
  for (const [n, hour] of sorted.entries()) {
    const last = sorted[n + MIN_HOURS - 1];
    if (last !== undefined && last < hour + DAY_HOURS) return hour;
  }
  return null;
}

/**
 * Whether something is new in a fleet at `now`: first seen less than `newDays` before, and at least a day after the fleet
 * was first observed. Without that day nothing is new, since everything is. All are clock hours since 1970.
 */
export function isNewSince(
  firstSeen: number | null,
  observed: number | null,
  now: number,
  newDays: number = NEW_DAYS,
): boolean {
  if (firstSeen === null || observed === null) return false;
  return now - firstSeen < newDays * DAY_HOURS && firstSeen - observed >= DAY_HOURS;
}
