import type { GroupKey } from '../records/report.ts';

/** What detections are put in order by. */
export interface Ranked extends GroupKey {
  readonly average: number;
  readonly devices: number;
  readonly spread: number;
}

export const ORDERS = ['average', 'prevalence', 'spread'] as const;
export type Order = (typeof ORDERS)[number];

/** A comparator for `sort`. All of them are total: equals in the first place are told apart by the average, then by key. */
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

/** The rule's order: the average descending; ties, which Kusto leaves open, by key. */
export function byAverage(a: Ranked, b: Ranked): number {
  return b.average - a.average || byKey(a, b);
}

/** The rarest address first: what many devices talk to is nearly always a vendor's. */
export function byPrevalence(a: Ranked, b: Ranked): number {
  return a.devices - b.devices || byAverage(a, b);
}

/** Clockwork first: people, and most programs that serve them, are not regular. */
export function bySpread(a: Ranked, b: Ranked): number {
  return a.spread - b.spread || byAverage(a, b);
}

function byKey(a: GroupKey, b: GroupKey): number {
  return (
    compare(a.DeviceName, b.DeviceName) ||
    compare(a.InitiatingProcessFileName, b.InitiatingProcessFileName) ||
    compare(a.RemoteIP, b.RemoteIP) ||
    compare(a.source, b.source)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
