import { msOf } from '../kql/timestamp.ts';
import { type DetectionSummary, detectionIdOf } from './detection.ts';
import { ORDERS } from './order.ts';

/** The orders of matches, and `newest`: the latest opening first, for who has seen the others. */
export const SORTS = [...ORDERS, 'newest'] as const;
export type Sort = (typeof SORTS)[number];

/** What an order looks at. */
export type Sortable = Pick<DetectionSummary, 'groupId' | 'detector' | 'average' | 'devices' | 'spread' | 'episode'>;

/**
 * Where a detection stands in an order: what comes first is less. Equals are ordered by average, then by id, which keeps
 * those of one address together and lets no name of the telemetry into a place.
 */
export type SortKey = readonly [first: number, second: number, id: string];

export function sortKeyOf(detection: Sortable, sort: Sort): SortKey {
  return [firstOf(detection, sort), -detection.average, detectionIdOf(detection)];
}

function firstOf({ average, devices, spread, episode }: Sortable, sort: Sort): number {
  switch (sort) {
    case 'average':
      return -average;
    case 'prevalence':
      return devices;
    case 'spread':
      return spread;
    case 'newest':
      return -msOf(episode);
  }
}

/** Below 0 where `a` comes first, above 0 where `b` does; 0 for the same detection only. */
export function compareSortKeys(a: SortKey, b: SortKey): number {
  return a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : 0);
}
