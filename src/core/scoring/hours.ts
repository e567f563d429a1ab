import { bin, type Hour } from '../kql/bin.ts';
import { addMs } from '../kql/timestamp.ts';
import type { Window } from './window.ts';

const HOUR_MS = 3_600_000;

/**
 * Every clock hour of the window, in order: 72 for three days up to a full hour. The instant asOf itself, where it
 * starts an hour, adds none: it would show as a gap at the end of every window.
 */
export function hoursOf(window: Window): Hour[] {
  const hours: Hour[] = [];
  // Nothing at `after` itself belongs to the window, but what follows within its hour does.
  for (let hour = bin(window.after, '1h'); hour < window.asOf; hour = bin(addMs(hour, HOUR_MS), '1h')) hours.push(hour);
  return hours;
}

/** Whether it is the first hour of the window, or earlier: what is seen from there on may have begun long before. */
export function isAtStart(hour: Hour, window: Window): boolean {
  return hour <= bin(window.after, '1h');
}

/** The counts by clock hour, summed, with null for each hour of the window that has none: what a sparkline shows. */
export function countsByHour(
  window: Window,
  countHours: readonly Hour[],
  counts: readonly number[],
): (number | null)[] {
  const sums = new Map<Hour, number>();
  for (const [index, hour] of countHours.entries()) sums.set(hour, (sums.get(hour) ?? 0) + (counts[index] ?? 0));
  return hoursOf(window).map((hour) => sums.get(hour) ?? null);
}
