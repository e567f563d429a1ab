import type { GroupKey } from '../records/report.ts';
import { compareText } from '../text/compare_text.ts';

/** The members that an order compares. */
export interface Ranked extends GroupKey {
  readonly average: number;
  readonly devices: number;
  readonly spread: number;
}

export const ORDERS = ['average', 'prevalence', 'spread'] as const;
export type Order = (typeof ORDERS)[number];

/** A comparator for `sort`. Each is a total order: equal values are ordered by the average, then by key. */
export function orderOf(order: Order): (a: Ranked, b: Ranked) => number {
  switch (order) {
    case 'average':
      return byAverage;
    case 'prevalence':
      return byPrevalence;
    case 'spread':
      return bySpread;
  }
}

/** The rule's order: the average descending; equal averages, which Kusto does not order, by key. */
export function byAverage(a: Ranked, b: Ranked): number {
  return b.average - a.average || byKey(a, b);
}

/** The rarest address first: an address of many devices nearly always belongs to a vendor. */
export function byPrevalence(a: Ranked, b: Ranked): number {
  return a.devices - b.devices || byAverage(a, b);
}

/** The smallest spread first: traffic of people, and of most programs that serve them, is irregular. */
export function bySpread(a: Ranked, b: Ranked): number {
  return a.spread - b.spread || byAverage(a, b);
}

function byKey(a: GroupKey, b: GroupKey): number {
  return (
    compareText(a.DeviceName, b.DeviceName) ||
    compareText(a.InitiatingProcessFileName, b.InitiatingProcessFileName) ||
    compareText(a.RemoteIP, b.RemoteIP) ||
    compareText(a.source, b.source)
  );
}
