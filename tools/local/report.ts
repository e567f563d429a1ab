import type { Timestamp } from '../../src/core/kql/timestamp.ts';
import { escapeForDisplay } from '../../src/core/text/escape.ts';
import type { SeededBeacon } from '../sample/plan.ts';
import type { Invocation } from './functions_host.ts';
import type { DetectionView, Outcome } from './outcome.ts';
import type { Requests } from './request_counter.ts';
import type { Uploaded } from './uploader.ts';

export interface Totals {
  readonly uploaded: Uploaded;
  readonly outcome: Outcome;
  /** Webhooks with a good signature. */
  readonly notifications: number;
  readonly requests: readonly Requests[];
  readonly seconds: number;
}

/** What became of the plants, and which of those that the rule should find it did not. */
export function seededBeaconsText(plants: readonly SeededBeacon[], detections: readonly DetectionView[]) {
  const found = new Set(
    detections.map((each) => keyOf(each.DeviceName, each.InitiatingProcessFileName, each.RemoteIP)),
  );
  const isFound = (plant: SeededBeacon) => found.has(keyOf(plant.device, plant.process ?? '', plant.remoteIP ?? ''));
  const wanted = plants.filter(({ expected }) => expected === 'found');
  const missing = wanted.filter((plant) => !isFound(plant));
  const unwanted = plants.filter((plant) => plant.expected === 'missed');
  const surprising = unwanted.filter(isFound);
  const lines = [
    `Planted: ${wanted.length - missing.length} of the ${wanted.length} groups that the rule should find are found, ` +
      `${surprising.length} of the ${unwanted.length} that it should not.`,
    ...missing.map((plant) => `  not found: ${plantText(plant)}`),
    ...surprising.map((plant) => `  found all the same: ${plantText(plant)}`),
  ];
  return { text: `${lines.join('\n')}\n`, asExpected: missing.length === 0 && surprising.length === 0 };
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

function plantText({ kind, device, process, remoteIP }: SeededBeacon): string {
  return `${kind}: ${escapeForDisplay(device)}, ${escapeForDisplay(process ?? '')}, ${escapeForDisplay(remoteIP ?? '')}`;
}

/** What went in, what came of it, and what it cost, a line each. */
export function totalsText({ uploaded, outcome, notifications, requests, seconds }: Totals): string {
  const { counters } = outcome;
  const lines: Line[] = [
    ['exports', uploaded.exports, `${(uploaded.bytes / 1e6).toFixed(1)} MB in ${amount(uploaded.appends)} appends`],
    ['segments', outcome.segments, ''],
    ['lines', counters.lines, ''],
    ['reports', counters.reports, 'repeats among them'],
    ...counted('excluded', counters.excluded, 'reports on addresses that the rule does not look at'),
    ['rows', outcome.rows, 'a report each, repeats once'],
    ['groups', outcome.groups, ''],
    ['dead letters', counters.deadLetters, ''],
    ...counted('expired', counters.expired, 'reports older than what is kept'),
    ['detections', outcome.detections, ''],
    ['notifications', notifications, 'webhooks received, signature verified'],
  ];
  const widest = Math.max(...lines.map(([name]) => name.length), ...requests.map(({ operation }) => operation.length));
  const row = (name: string, ...cells: readonly string[]) =>
    `${name.padEnd(widest)}${cells.map((cell) => cell.padStart(12)).join('')}`;
  return `${[
    ...lines.map(([name, value, note]) => `${row(name, amount(value))}${note === '' ? '' : `  ${note}`}`),
    '',
    row('requests by', 'functions', 'local host'),
    ...requests.map(({ operation, functions, host }) => row(operation, amount(functions), amount(host))),
    row(
      'together',
      amount(requests.reduce((sum, { functions }) => sum + functions, 0)),
      amount(requests.reduce((sum, { host }) => sum + host, 0)),
    ),
    '',
    `${seconds.toFixed(1)} s in all`,
  ].join('\n')}\n`;
}

/** The same as JSON, with the lines of the log, and of what failed, the message: as the host logs it. */
export function reportJson(asOf: Timestamp, totals: Totals, log: readonly Invocation[]): string {
  const invocations = log.map(({ function: name, logs, error }) => ({
    function: name,
    lines: logs,
    ...(error !== undefined && { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  }));
  return `${JSON.stringify({ asOf, ...totals, invocations }, null, 1)}\n`;
}

type Line = [name: string, value: number, note: string];

/** A line where there is anything to count. */
function counted(name: string, value: number, note: string): Line[] {
  return value === 0 ? [] : [[name, value, note]];
}

function amount(value: number): string {
  return value.toLocaleString('en-US');
}
