import Table from 'cli-table3';
import type { Order } from '../../core/detections/order.ts';
import { compareText } from '../../core/text/compare_text.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { counted } from '../../core/text/numbers.ts';
import { sparkline } from '../../core/text/sparkline.ts';
import type { RegularGroup, RegularGroups } from '../../scoring/offline_regularity.ts';
import type { OutputFormat } from './format.ts';
import { csvLines, jsonLines } from './lines.ts';
import { secondsText } from './number_text.ts';

/** The columns of the detector `regularity`, in order. */
const REGULARITY_COLUMNS = [
  'detector',
  'source',
  'FirstConnection',
  'LastConnection',
  'DeviceName',
  'InitiatingProcessFileName',
  'RemoteIP',
  'regularity',
  'way',
  'view',
  'views',
  'interval',
  'interval_low',
  'interval_high',
  'hours',
  'active_hours',
  'connections',
  'coverage',
  'hour_offset_min',
  'regularDevices',
] as const;

/** The matches as text that ends with a newline, or '' for JSON without any. `hasReports`: whether the window has a report. */
export function regularityText(
  { matched }: RegularGroups,
  format: OutputFormat,
  order: Order,
  hasReports: boolean,
): string {
  const sorted = matched.toSorted(order === 'prevalence' ? byDevices : byScore);
  if (format === 'json') return jsonLines(sorted.map(rowOf));
  if (format === 'csv') return csvLines(REGULARITY_COLUMNS, sorted.map(rowOf));
  if (!hasReports) return 'No report in the window: nothing was scored.\n';
  return sorted.length === 0 ? 'No beacons in the window.\n' : tableOf(sorted);
}

/** The fleet to which the matches are compared, and how many are not listed. */
export function regularityNotes({ common, devices, few, many }: RegularGroups): readonly string[] {
  const fleet = `${counted(devices, 'device')} in the window: regular on up to ${few} is rare, on more than ${many} common`;
  if (common === 0) return [fleet];
  return [fleet, `${counted(common, 'group')} not listed: regular, and common (docs/regularity.md)`];
}

function rowOf({ key, firstHour, lastHour, assessment, regularDevices }: RegularGroup) {
  const { measured, session, measuredViews, ...numbers } = assessment;
  return Object.fromEntries(
    REGULARITY_COLUMNS.map((column) => [
      column,
      {
        detector: 'regularity',
        source: key.source,
        FirstConnection: firstHour,
        LastConnection: lastHour,
        DeviceName: key.DeviceName,
        InitiatingProcessFileName: key.InitiatingProcessFileName,
        RemoteIP: key.RemoteIP,
        ...numbers,
        regularDevices,
      }[column],
    ]),
  );
}

const WIDEST_NAME = 32;

function tableOf(groups: readonly RegularGroup[]): string {
  const table = new Table({
    head: ['device', 'process', 'remote', 'score', 'every', 'between', 'hours', 'devices', 'way'],
    // The library's colours would be escape sequences in a file or a pipe.
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'right', 'left'],
  });
  for (const { key, assessment, regularDevices, perHour } of groups) {
    const { DeviceName, InitiatingProcessFileName, RemoteIP } = key;
    const { regularity, interval, interval_low, interval_high, hours, active_hours, way } = assessment;
    table.push([
      ...[DeviceName, InitiatingProcessFileName, RemoteIP].map((name) => escapeForDisplay(name, WIDEST_NAME)),
      regularity.toFixed(3),
      secondsText(interval),
      `${secondsText(interval_low)} and ${secondsText(interval_high)}`,
      `${active_hours} of ${hours}`,
      regularDevices,
      way,
    ]);
    table.push([{ colSpan: 9, hAlign: 'left', content: `  ${sparkline(perHour)}` }]);
  }
  return `${table.toString()}\n`;
}

function byScore(a: RegularGroup, b: RegularGroup): number {
  return b.assessment.regularity - a.assessment.regularity || a.regularDevices - b.regularDevices || byKey(a, b);
}

function byDevices(a: RegularGroup, b: RegularGroup): number {
  return a.regularDevices - b.regularDevices || byScore(a, b);
}

function byKey({ key: a }: RegularGroup, { key: b }: RegularGroup): number {
  return (
    compareText(a.DeviceName, b.DeviceName) ||
    compareText(a.InitiatingProcessFileName, b.InitiatingProcessFileName) ||
    compareText(a.RemoteIP, b.RemoteIP) ||
    compareText(a.source, b.source)
  );
}
