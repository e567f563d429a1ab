import { bin, type Hour } from '../kql/bin.ts';
import { HOUR_MS } from '../kql/timespan.ts';
import { addMs } from '../kql/timestamp.ts';
import type { Window } from './window.ts';

/**
 * Every clock hour of the window, in order: 72 for three days that end at a full hour. An asOf at a full hour adds no
 * further hour: it would appear as a gap at the end of every window.
 */
export function hoursOf(window: Window): readonly Hour[] {
  if (window.after !== last.after || window.asOf !== last.asOf) {
    last = { after: window.after, asOf: window.asOf, hours: newHoursOf(window) };
  }
  return last.hours;
}

/** A run asks for the hours of one window again and again. */
let last: { readonly after: string; readonly asOf: string; readonly hours: readonly Hour[] } = {
  after: '',
  asOf: '',
  hours: [],
};

function newHoursOf(window: Window): Hour[] {
  const hours: Hour[] = [];
  // `after` itself is outside the window, the rest of its hour is inside.
  for (let hour = bin(window.after, '1h'); hour < window.asOf; hour = bin(addMs(hour, HOUR_MS), '1h')) hours.push(hour);
  return hours;
}

/** Whether it is the first hour of the window, or earlier: the activity may have begun before the window. */
export function isAtStart(hour: Hour, window: Window): boolean {
  return hour <= bin(window.after, '1h');
}

/** The sum of the counts per clock hour of the window; null for an hour without any. For sparklines. */
export function countsByHour(
  window: Window,
  countHours: readonly Hour[],
  counts: readonly number[],
): (number | null)[] {
  const sums = new Map<Hour, number>();
  for (const [index, hour] of countHours.entries()) sums.set(hour, (sums.get(hour) ?? 0) + (counts[index] ?? 0));
  return hoursOf(window).map((hour) => sums.get(hour) ?? null);
}
