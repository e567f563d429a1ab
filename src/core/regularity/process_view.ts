import {
  REGULARITY_THRESHOLDS,
  type RegularityNumbers,
  type RegularityThresholds,
  regularityNumbersOf,
  viewsOf,
} from './assessment.ts';
import { type DeviceOn, pointsOf } from './points.ts';
import { publicAddressOf } from './public_address.ts';
import { HOUR_SECONDS } from './time_bin.ts';
import type { TimedCount } from './timed_count.ts';
import type { View } from './view.ts';

/** One address of a process on a device. */
export interface AddressCounts {
  readonly RemoteIP: string;
  readonly counts: readonly TimedCount[];
  /** How many devices use the pair of process and network: at least one report in the window. */
  readonly devices: number;
  /** Whether the group of the address matches on its own. */
  readonly matchesByItself: boolean;
}

/** What the detector finds of a process whose servers rotate. */
export type ProcessAssessment = MeasuredProcess | NotMeasuredProcess;

export interface MeasuredProcess extends RegularityNumbers {
  readonly measured: true;
  /** null: no match. */
  readonly way: 'process' | null;
  /** How many addresses are summed. */
  readonly addresses: number;
  readonly measuredViews: readonly View[];
}

export interface NotMeasuredProcess {
  readonly measured: false;
  readonly reason: 'address-matches-by-itself' | 'too-few-addresses' | 'one-address' | 'too-few-hours' | 'no-view';
}

export const MIN_ADDRESSES = 2;
/** A larger share of the connections would make it the view of one address. */
export const MAX_SHARE = 0.8;
export const MIN_PROCESS_HOURS = 5;
export const MAX_PROCESS_INTERVAL = 2 * HOUR_SECONDS;

/**
 * The process view: malware rotates its servers, so the addresses of one source, device and process are summed, of those
 * in scope whose process and network at most `few` devices use. A process that many devices run to the same network is
 * an ordinary service. Only these addresses count below: if one of them matches by itself, the others belong to its
 * detection.
 *
 * `addresses`: one entry per group, each with the counts of the window. `deviceOn`: all hours of the device. It matches with
 * a score at or above the threshold and at most two hours between connections. Throws as `pointsOf` does.
 */
export function processRegularityOf(
  addresses: readonly AddressCounts[],
  few: number,
  deviceOn: DeviceOn,
  binSeconds: number = HOUR_SECONDS,
  { match }: RegularityThresholds = REGULARITY_THRESHOLDS,
): ProcessAssessment {
  const rare = addresses.filter(({ devices }) => devices <= few);
  const connections = new Map<string, number>();
  const counts: TimedCount[] = [];
  for (const each of rare) {
    const address = publicAddressOf(each.RemoteIP)?.address;
    if (address === undefined || each.counts.length === 0) continue;
    if (each.matchesByItself) return { measured: false, reason: 'address-matches-by-itself' };
    for (const count of each.counts) counts.push(count);
    connections.set(address, (connections.get(address) ?? 0) + sumOf(each.counts));
  }
  if (connections.size < MIN_ADDRESSES) return { measured: false, reason: 'too-few-addresses' };
  const total = sumOf(counts);
  for (const sum of connections.values())
    if (sum / total > MAX_SHARE) return { measured: false, reason: 'one-address' };
  const hours = new Set(counts.map(({ second }) => Math.floor(second / binSeconds)));
  if (hours.size < MIN_PROCESS_HOURS) return { measured: false, reason: 'too-few-hours' };

  const points = pointsOf(counts, deviceOn, binSeconds);
  const measuredViews = viewsOf(points);
  const numbers = regularityNumbersOf(points, measuredViews);
  if (numbers === null) return { measured: false, reason: 'no-view' };
  const matches = numbers.regularity >= match && numbers.interval <= MAX_PROCESS_INTERVAL;
  return { measured: true, ...numbers, way: matches ? 'process' : null, addresses: connections.size, measuredViews };
}

function sumOf(counts: readonly TimedCount[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}
