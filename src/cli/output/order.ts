import { ORDERS } from '../../core/detections/order.ts';
import { isAbove } from '../../core/detections/severity.ts';
import { compareText } from '../../core/text/compare_text.ts';
import type { OfflineDetection } from '../../scoring/offline_detection.ts';

/** The orders of `score`, by detector; the first is the default. */
export const ORDERS_OF = {
  'kql-rule': ORDERS,
  regularity: ['severity', 'score', 'prevalence'],
  all: ['severity', 'score', ...ORDERS],
} as const satisfies Readonly<Record<string, readonly OfflineOrder[]>>;

export type OfflineOrder = 'severity' | 'score' | (typeof ORDERS)[number];

type Compare = (a: OfflineDetection, b: OfflineDetection) => number;

/** The detections in an order. Each is a total order: equal ones go by severity, score, average and key. */
export function inOrderOf(detections: readonly OfflineDetection[], order: OfflineOrder): OfflineDetection[] {
  const first = FIRST[order];
  return detections.toSorted(
    (a, b) => first(a, b) || bySeverity(a, b) || byScore(a, b) || byAverage(a, b) || byKey(a, b),
  );
}

const bySeverity: Compare = (a, b) => Number(isAbove(b.severity, a.severity)) - Number(isAbove(a.severity, b.severity));
const byScore: Compare = (a, b) => scoreOf(b) - scoreOf(a);
const byAverage: Compare = (a, b) => (b.rule?.average ?? -1) - (a.rule?.average ?? -1);
const byDevices: Compare = (a, b) => devicesOf(a) - devicesOf(b);
const bySpread: Compare = (a, b) => compareNumbers(spreadOf(a), spreadOf(b));
const FIRST: Readonly<Record<OfflineOrder, Compare>> = {
  severity: bySeverity,
  score: byScore,
  average: byAverage,
  prevalence: byDevices,
  spread: bySpread,
};

/** The score of a match. */
function scoreOf({ detectors, regularity }: OfflineDetection): number {
  return detectors.includes('regularity') ? (regularity?.regularity ?? -1) : -1;
}

/** Devices that are regular, or that connect at all. */
function devicesOf({ regularity, devices }: OfflineDetection): number {
  return Math.max(regularity?.regularDevices ?? 0, devices);
}

/** Infinite for what the rule does not match: last. */
function spreadOf({ rule }: OfflineDetection): number {
  return rule?.spread ?? Number.POSITIVE_INFINITY;
}

function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function byKey(a: OfflineDetection, b: OfflineDetection): number {
  return (
    compareText(a.DeviceName, b.DeviceName) ||
    compareText(a.InitiatingProcessFileName, b.InitiatingProcessFileName) ||
    compareText(a.RemoteIP, b.RemoteIP) ||
    compareText(a.source, b.source)
  );
}
