import type { Timestamp } from '../../src/core/kql/timestamp.ts';
import { escapeForDisplay } from '../../src/core/text/escape.ts';
import { groupedText } from '../../src/core/text/numbers.ts';
import type { SeededBeacon } from '../sample/plan.ts';
import type { Invocation } from './functions_host.ts';
import type { DetectionView, Outcome } from './outcome.ts';
import type { Requests } from './request_counter.ts';
import type { Uploaded } from './uploader.ts';

export interface Totals {
  readonly uploaded: Uploaded;
  readonly outcome: Outcome;
  /** Webhooks with a valid signature. */
  readonly notifications: number;
  readonly requests: readonly Requests[];
  readonly seconds: number;
}

/** Compares the seeded beacons with the detections; `isAsExpected` is false if any differs from its `expected`. */
export function seededBeaconsText(seededBeacons: readonly SeededBeacon[], detections: readonly DetectionView[]) {
  const found = new Set(
    detections.map((each) => keyOf(each.DeviceName, each.InitiatingProcessFileName, each.RemoteIP)),
  );
  const isFound = (beacon: SeededBeacon) =>
    found.has(keyOf(beacon.device, beacon.process ?? '', beacon.remoteIP ?? ''));
  const toFind = seededBeacons.filter(({ expected }) => expected === 'found');
  const notFound = toFind.filter((beacon) => !isFound(beacon));
  const toMiss = seededBeacons.filter(({ expected }) => expected === 'missed');
  const unexpected = toMiss.filter(isFound);
  const lines = [
    `Seeded beacons: found ${toFind.length - notFound.length} of the ${toFind.length} groups that the rule should find, ` +
      `and ${unexpected.length} of the ${toMiss.length} that it should not.`,
    ...notFound.map((beacon) => `  not found: ${beaconText(beacon)}`),
    ...unexpected.map((beacon) => `  found, but should not be: ${beaconText(beacon)}`),
  ];
  return { text: `${lines.join('\n')}\n`, isAsExpected: notFound.length === 0 && unexpected.length === 0 };
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

function beaconText({ kind, device, process, remoteIP }: SeededBeacon): string {
  return `${kind}: ${escapeForDisplay(device)}, ${escapeForDisplay(process ?? '')}, ${escapeForDisplay(remoteIP ?? '')}`;
}

/** The totals of a run, one line each: input, results, and storage requests where there are any. */
export function totalsText({ uploaded, outcome, notifications, requests, seconds }: Totals): string {
  const { counters } = outcome;
  const lines: Line[] = [
    [
      'exports',
      uploaded.exports,
      `${(uploaded.bytes / 1e6).toFixed(1)} MB in ${groupedText(uploaded.appends)} appends`,
    ],
    ['segments', outcome.segments, ''],
    ['lines', counters.lines, ''],
    ['reports', counters.reports, 'repeats included'],
    ...lineIfAny('excluded', counters.excluded, 'reports on addresses out of scope'),
    ['rows', outcome.rows, 'one per report, repeats once'],
    ['groups', outcome.groups, ''],
    ['dead letters', counters.deadLetters, ''],
    ...lineIfAny('expired', counters.expired, 'reports older than RETENTION_DAYS'),
    ['detections', outcome.detections, ''],
    ['notifications', notifications, 'webhooks received with a valid signature'],
  ];
  const widest = Math.max(...lines.map(([name]) => name.length), ...requests.map(({ operation }) => operation.length));
  const row = (name: string, ...cells: readonly string[]) =>
    `${name.padEnd(widest)}${cells.map((cell) => cell.padStart(12)).join('')}`;
  return `${[
    ...lines.map(([name, value, note]) => `${row(name, groupedText(value))}${note === '' ? '' : `  ${note}`}`),
    '',
    ...requestLines(requests, row),
    `${seconds.toFixed(1)} s in total`,
  ].join('\n')}\n`;
}

function requestLines(
  requests: readonly Requests[],
  row: (name: string, ...cells: readonly string[]) => string,
): string[] {
  if (requests.length === 0) return [];
  const total = (of: 'functions' | 'host') => groupedText(requests.reduce((sum, each) => sum + each[of], 0));
  return [
    row('requests from', 'functions', 'local host'),
    ...requests.map(({ operation, functions, host }) => row(operation, groupedText(functions), groupedText(host))),
    row('total', total('functions'), total('host')),
    '',
  ];
}

/** The totals as JSON, with the log lines, and the error of each failed invocation as the host logs it. */
export function reportJson(asOf: Timestamp, totals: Totals, log: readonly Invocation[]): string {
  const invocations = log.map(({ function: name, logs, error }) => ({
    function: name,
    lines: logs,
    ...(error !== undefined && { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  }));
  return `${JSON.stringify({ asOf, ...totals, invocations }, null, 1)}\n`;
}

type Line = [name: string, value: number, note: string];

/** A line for a count above 0. */
function lineIfAny(name: string, value: number, note: string): Line[] {
  return value === 0 ? [] : [[name, value, note]];
}
