import type { Hour } from '../kql/bin.ts';
import { DAY_MS, HOUR_MS } from '../kql/timespan.ts';
import { addMs, isTimestamp, type Timestamp } from '../kql/timestamp.ts';

/** A UTC day, `2026-11-20`. Text order is time order. */
export type Day = string & { readonly __unit: 'day' };

/** The UTC day of an instant. */
export function dayOf(time: Timestamp): Day {
  return time.slice(0, 10) as Day;
}

/** The instant at which a day begins. */
export function startOf(day: Day): Hour {
  return `${day}T00:00:00.0000000Z` as Hour;
}

/** The instant at which a day ends: the start of the next one. Throws a RangeError for the last day of the year 9999. */
export function endOf(day: Day): Hour {
  return addMs(startOf(day), DAY_MS) as Hour;
}

/** The 24 hours of a day, in order. */
export function hoursOfDay(day: Day): Hour[] {
  return Array.from({ length: 24 }, (_, hour) => addMs(startOf(day), hour * HOUR_MS) as Hour);
}

/** Whether a text names a day that exists. */
export function isDay(text: string): text is Day {
  return text.length === 10 && isTimestamp(`${text}T00:00:00.0000000Z`);
}
