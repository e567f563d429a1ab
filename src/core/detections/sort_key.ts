import { msOf } from '../kql/timestamp.ts';
import { compareText } from '../text/compare_text.ts';
import { type DetectionSummary, SEVERITIES } from './detection.ts';
import { ORDERS } from './order.ts';
import { strengthOf } from './strength.ts';

/** The orders of matches; `severity`: the most severe first, then the rarest; and `newest`: the latest opening first. */
export const SORTS = ['severity', ...ORDERS, 'newest'] as const;
export type Sort = (typeof SORTS)[number];

/** The members that an order compares. */
export type Sortable = Pick<DetectionSummary, 'groupId' | 'assessments' | 'devices' | 'severity' | 'episode'>;

/**
 * The position of a detection in an order, ascending. Equal values are ordered by average, then by score; of one severity by
 * prevalence, then by score; then by id: ids keep the detections of one address together, and no name of the telemetry enters a
 * page cursor.
 */
export type SortKey = readonly [first: number, second: number, third: number, id: string];

export function sortKeyOf(detection: Sortable, sort: Sort): SortKey {
  const { score, average } = strengthOf(detection);
  const first = firstOf(detection, sort);
  return sort === 'severity'
    ? [first, detection.devices, -score, detection.groupId]
    : [first, -average, -score, detection.groupId];
}

function firstOf(detection: Sortable, sort: Sort): number {
  switch (sort) {
    case 'severity':
      return -SEVERITIES.indexOf(detection.severity);
    case 'average':
      return -strengthOf(detection).average;
    case 'prevalence':
      return detection.devices;
    case 'spread':
      // One that the KQL rule did not match has no spread, and is last.
      return detection.assessments['kql-rule']?.spread ?? Number.MAX_VALUE;
    case 'newest':
      return -msOf(detection.episode);
  }
}

/** A comparator for `sort`; 0 for the same detection only. */
export function compareSortKeys(a: SortKey, b: SortKey): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || compareText(a[3], b[3]);
}
