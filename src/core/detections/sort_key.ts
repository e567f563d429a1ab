import { msOf } from '../kql/timestamp.ts';
import { compareText } from '../text/compare_text.ts';
import { type DetectionSummary, detectionIdOf } from './detection.ts';
import { ORDERS } from './order.ts';

/** The orders of matches, and `newest`: the latest opening first. */
export const SORTS = [...ORDERS, 'newest'] as const;
export type Sort = (typeof SORTS)[number];

/** The members that an order compares. */
export type Sortable = Pick<DetectionSummary, 'groupId' | 'detector' | 'average' | 'devices' | 'spread' | 'episode'>;

/**
 * The position of a detection in an order, ascending. Equal values are ordered by average, then by id: ids keep the
 * detections of one address together, and no name of the telemetry enters a page cursor.
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

/** A comparator for `sort`; 0 for the same detection only. */
export function compareSortKeys(a: SortKey, b: SortKey): number {
  return a[0] - b[0] || a[1] - b[1] || compareText(a[2], b[2]);
}
