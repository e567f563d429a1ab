import type { Timestamp } from './timestamp.ts';

/** A UTC clock hour, written as the instant at which it starts. */
export type Hour = Timestamp & { readonly __grain: 'hour' };

/**
 * bin(timestamp, 1h): the start of the UTC clock hour that holds the instant.
 *
 * `bin('2026-11-20T08:59:58.9931000Z', '1h')` is `'2026-11-20T08:00:00.0000000Z'`. Source: Kusto documentation, bin().
 */
export function bin(timestamp: Timestamp, _roundTo: '1h'): Hour {
  const digits = timestamp.slice(0, HOUR_DIGITS);
  let hour = hours.get(digits);
  if (hour === undefined) {
    hour = `${digits}:00:00.0000000Z` as Hour;
    if (hours.size === MAX_HOURS) hours.clear();
    hours.set(digits, hour);
  }
  return hour;
}

/** `2026-11-20T08` */
const HOUR_DIGITS = 13;
/** Rows come in order of group, so the hours of a window repeat: the last ones that were asked for, one text for each. */
const hours = new Map<string, Hour>();
const MAX_HOURS = 1_000;
