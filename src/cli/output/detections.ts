import type { Detector } from '../../core/detections/assessments.ts';
import { type OwnerOf, ownerText } from '../../core/detections/owner.ts';
import { counted, rateText } from '../../core/text/numbers.ts';
import { sparkline } from '../../core/text/sparkline.ts';
import type { OfflineDetection, OfflineDetections } from '../../scoring/offline_detection.ts';
import type { OutputFormat } from './format.ts';
import { csvLines, jsonLines } from './lines.ts';
import { secondsText } from './number_text.ts';
import { type TextColumn, textTable } from './text_table.ts';
import type { TableView } from './view.ts';

/** The columns of an assessment, in order. Those of the other detector are absent in JSON and empty in CSV. */
const COLUMNS = [
  'detector',
  'source',
  'FirstConnection',
  'LastConnection',
  'DeviceName',
  'InitiatingProcessFileName',
  'RemoteIP',
  'severity',
  'severityReason',
  'count_of_hours',
  'inliner_count',
  'outlier_count',
  'avg_conn_count',
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
  'addresses',
  'devices',
  'regularDevices',
  'isNew',
  'hosts',
  'remoteIPs',
  'otherAddresses',
  'bin',
  'known',
  'owner',
] as const;

interface Shown {
  /** The length of the bins, such as `5m`; absent for hours. */
  readonly bin?: string | undefined;
  /** Whether the window has a report. */
  readonly hasReports: boolean;
  readonly view: TableView;
  /** Who owns an address; null where no database is given. */
  readonly ownerOf: OwnerOf | null;
  /** Whether a file of known networks and programs is given. */
  readonly hasKnown: boolean;
}

/** The detections, in order, as text that ends with a newline, or '' for JSON without any. */
export function offlineText(
  detections: readonly OfflineDetection[],
  format: OutputFormat,
  { bin, hasReports, view, ownerOf, hasKnown }: Shown,
): string {
  if (format === 'table') {
    if (!hasReports) return 'No report in the window: nothing was scored.\n';
    return detections.length === 0 ? 'No beacons in the window.\n' : tableOf(detections, view, ownerOf, hasKnown);
  }
  const rows = detections.flatMap((each) => each.detectors.map((detector) => rowOf(each, detector, bin, ownerOf)));
  const absent = [...(ownerOf === null ? ['owner'] : []), ...(hasKnown ? [] : ['known'])];
  const columns = COLUMNS.filter((column) => !absent.includes(column));
  return format === 'json' ? jsonLines(rows) : csvLines(columns, rows);
}

/** The fleet to which the matches are compared, and how many are not listed. */
export function fleetNotes({ common, fleet: { devices, few, many } }: OfflineDetections): readonly string[] {
  const fleet = `${counted(devices, 'device')} in the window: regular on up to ${few} is rare, on more than ${many} common`;
  const groups = common.reduce((sum, each) => sum + each.groups, 0);
  if (groups === 0) return [fleet];
  return [fleet, `${counted(groups, 'regular group')} of common services: --common lists them`];
}

function rowOf(
  detection: OfflineDetection,
  detector: Detector,
  bin: string | undefined,
  ownerOf: OwnerOf | null,
): object {
  const { source, DeviceName, InitiatingProcessFileName, RemoteIP, severity, severityReason, devices } = detection;
  const { known } = detection;
  const values: Readonly<Record<string, unknown>> = {
    ...{ detector, source, DeviceName, InitiatingProcessFileName, RemoteIP, severity, severityReason, devices },
    isNew: detection.fleet.isNew,
    ...(known !== null && { known: known.list }),
    ...(detector === 'kql-rule' ? ruleValues(detection) : regularityValues(detection)),
    ...(bin !== undefined && detector === 'regularity' && { bin }),
    ...(ownerOf !== null && { owner: ownerTextOf(RemoteIP, ownerOf) }),
  };
  return Object.fromEntries(COLUMNS.filter((column) => column in values).map((column) => [column, values[column]]));
}

function ruleValues({ rule }: OfflineDetection): object {
  if (rule === null) return {};
  const { FirstConnection, LastConnection, count_of_hours, inliner_count, outlier_count, avg_conn_count } = rule;
  return { FirstConnection, LastConnection, count_of_hours, inliner_count, outlier_count, avg_conn_count };
}

function regularityValues({ FirstConnection, LastConnection, regularity, ...detection }: OfflineDetection): object {
  if (regularity === null) return {};
  const { measuredViews: _views, session: _session, remoteIPs, ...numbers } = regularity;
  const { hosts, otherAddresses } = detection;
  return {
    ...{ FirstConnection, LastConnection, ...numbers },
    ...(hosts.length > 0 && { hosts }),
    ...(regularity.way === 'process' && { remoteIPs }),
    ...(otherAddresses.length > 0 && { otherAddresses }),
  };
}

function ownerTextOf(address: string, ownerOf: OwnerOf): string {
  const owner = ownerOf(address);
  return owner === null ? '' : ownerText(owner);
}

const OWNER: TextColumn = { head: 'owner', widest: 40, narrowest: 12, rank: 4 };

const SOURCE: TextColumn = { head: 'source', rank: 3 };

const TABLE_COLUMNS: readonly TextColumn[] = [
  { head: 'severity', kind: 'severity' },
  { head: 'device', narrowest: 14 },
  { head: 'process', narrowest: 12 },
  { head: 'remote' },
  { head: 'every', right: true },
  { head: 'avg/h', right: true, rank: 2 },
  { head: 'score', right: true, rank: 1 },
  { head: 'devices', right: true },
  { head: 'detectors', rank: 3 },
];

const KNOWN: TextColumn = { head: 'known', rank: 3 };

function tableOf(
  detections: readonly OfflineDetection[],
  view: TableView,
  ownerOf: OwnerOf | null,
  hasKnown: boolean,
): string {
  // Files of several sources can have the same names: then a row says of which it is.
  const hasSources = new Set(detections.map(({ source }) => source)).size > 1;
  const rows = detections.map((each) => {
    const { severity, DeviceName, InitiatingProcessFileName, rule, regularity, devices } = each;
    const isRegular = each.detectors.includes('regularity');
    return {
      cells: [
        ...[severity, DeviceName, InitiatingProcessFileName, remoteOf(each), everyOf(each)],
        rule === null ? '' : rateText(rule.average),
        isRegular ? (regularity?.regularity.toFixed(2) ?? '') : '',
        devices,
        each.detectors.map((detector) => (detector === 'regularity' ? wayText(each) : detector)).join(', '),
        ...(hasSources ? [each.source] : []),
        ...(hasKnown ? [each.known?.list ?? ''] : []),
        ...(ownerOf === null ? [] : [ownerTextOf(each.RemoteIP, ownerOf)]),
      ],
      below: [sparkline(each.hours), each.severityReason],
    };
  });
  const sources = hasSources ? [SOURCE] : [];
  const columns = [...TABLE_COLUMNS, ...sources, ...(hasKnown ? [KNOWN] : []), ...(ownerOf === null ? [] : [OWNER])];
  return textTable(columns, rows, view);
}

function remoteOf({ RemoteIP, regularity }: OfflineDetection): string {
  return regularity?.way === 'process' ? `* (${regularity.addresses} addresses)` : RemoteIP;
}

function wayText({ regularity }: OfflineDetection): string {
  return regularity?.way === 'score' ? 'regularity' : `regularity (${regularity?.way})`;
}

/** The time between connections: that of `regularity`, which sees slow ones, before that of the rule. */
function everyOf({ detectors, rule, regularity }: OfflineDetection): string {
  if (detectors.includes('regularity') && regularity !== null) return secondsText(regularity.interval);
  const seconds = rule?.interval?.seconds;
  return seconds === undefined ? '' : secondsText(seconds);
}
