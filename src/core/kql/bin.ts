import type { Timestamp } from './timestamp.ts';

/** A UTC clock hour, written as the instant at which it starts. */
export type Hour = Timestamp & { readonly __grain: 'hour' };

/**
 * bin(timestamp, 1h): the start of the UTC clock hour that holds the instant.
 *
 * `bin('2026-11-20T08:59:58.9931000Z', '1h')` is `'2026-11-20T08:00:00.0000000Z'`. Source: Kusto documentation, bin().
 */
export function bin(timestamp: Timestamp, _roundTo: '1h'): Hour {
  return `${timestamp.slice(0, 13)}:00:00.0000000Z` as Hour;
}
