import {
  DETECTION_ID,
  type Detection,
  type DetectionState,
  type DetectionSummary,
  detectionIdOf,
  type Evidence,
  type Finding,
  type Severity,
  type SinkDelivery,
} from '../../core/detections/detection.ts';
import { thresholdsOf } from '../../core/detections/finding.ts';
import { NO_TRAFFIC } from '../../core/detections/traffic.ts';
import type { Verdict } from '../../core/detections/verdict.ts';
import type { Hour } from '../../core/kql/bin.ts';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Source } from '../../core/records/report.ts';
import { KQL_RULE } from '../../core/scoring/rule.ts';
import type { DetectionRow, SummaryRow } from '../ports/detections.ts';
import {
  double,
  fraction,
  fractionOr,
  int32,
  int64,
  json,
  jsonOr,
  longText,
  readLongText,
  text,
  textOrNone,
  wellFormed,
  whole,
} from './columns.ts';
import type { NewTableRow, TableRow } from './table.ts';

/** A sink's name is letters, digits and `_`: fit for a column as it is. */
const SINK = 'Sink_';

function keysOf(id: string): { partitionKey: string; rowKey: string } {
  if (!DETECTION_ID.test(id)) throw new RangeError(`no id of a detection: ${id}`);
  return { partitionKey: id.slice(0, 1), rowKey: id };
}

/** The scorer's columns, and no others. */
export function encodeDetection(detection: Detection): NewTableRow {
  return {
    ...keysOf(detectionIdOf(detection)),
    Source: detection.source,
    DeviceName: wellFormed(detection.DeviceName),
    InitiatingProcessFileName: wellFormed(detection.InitiatingProcessFileName),
    RemoteIP: wellFormed(detection.RemoteIP),
    FirstConnection: detection.FirstConnection,
    LastConnection: detection.LastConnection,
    count_of_hours: int32(detection.count_of_hours),
    inliner_count: int32(detection.inliner_count),
    outlier_count: int32(detection.outlier_count),
    avg_conn_count: int64(detection.avg_conn_count),
    Average: double(detection.average),
    Devices: int32(detection.devices),
    ...longText('Evidence', JSON.stringify(detection.evidence)),
    State: detection.state,
    Episode: detection.episode,
    Revision: int32(detection.revision),
    AsOf: detection.asOf,
    LastMatched: detection.lastMatched,
    SuppressedBy: wellFormed(detection.suppressedBy),
    Severity: detection.severity,
    SeverityReason: wellFormed(detection.severityReason),
    Spread: double(detection.spread),
    RevisionReason: wellFormed(detection.revisionReason),
    HighestAverage: double(detection.highestAverage),
    // A merge leaves what it does not name, so null and nothing are written, too.
    ...longText('Interval', json(detection.interval)),
    ...longText('OtherProcesses', json(detection.otherProcesses)),
    ...longText('Technique', json(detection.technique)),
    ...longText('Traffic', json(detection.traffic)),
    ...longText('Told', json(detection.notifiedLevel)),
    ...longText('Episodes', json(detection.episodes)),
  };
}

/** One sink's column, the notifier's. */
export function encodeDelivery(id: string, sink: string, delivery: SinkDelivery): NewTableRow {
  return { ...keysOf(id), [deliveryColumn(sink)]: JSON.stringify(delivery) };
}

export function deliveryColumn(sink: string): string {
  return `${SINK}${sink}`;
}

/** A person's column. Absent while nobody has said anything. */
export function encodeVerdict(id: string, verdict: Verdict): NewTableRow {
  const { note, who } = verdict;
  return {
    ...keysOf(id),
    Verdict: JSON.stringify({ ...verdict, note: wellFormed(note), who: wellFormed(who) }),
  };
}

/** Throws where it is no row of ours. */
export function decodeDetection(row: TableRow): DetectionRow {
  const id = row.rowKey ?? '';
  if (!DETECTION_ID.test(id)) throw new Error(`Detections: no row of ours: ${id}`);
  return {
    detection: {
      ...summaryOf(row, id),
      traffic: jsonOr(row, 'Traffic', NO_TRAFFIC),
      evidence: evidenceOf(row),
      episodes: jsonOr<Detection['episodes']>(row, 'Episodes', []),
    },
    deliveries: decodeDeliveries(row),
    verdict: decodeDisposition(row),
  };
}

/** The columns of a summary; those of the sinks come beside them. */
export const SUMMARY_COLUMNS = [
  'rowKey',
  'Source',
  'DeviceName',
  'InitiatingProcessFileName',
  'RemoteIP',
  'FirstConnection',
  'LastConnection',
  'count_of_hours',
  'inliner_count',
  'outlier_count',
  'avg_conn_count',
  'Average',
  'Devices',
  'OtherProcesses',
  'OtherProcesses2',
  'OtherProcesses3',
  'OtherProcessesParts',
  'Spread',
  'Interval',
  'IntervalParts',
  'Severity',
  'SeverityReason',
  'Technique',
  'TechniqueParts',
  'State',
  'Episode',
  'Revision',
  'RevisionReason',
  'Told',
  'ToldParts',
  'HighestAverage',
  'AsOf',
  'LastMatched',
  'SuppressedBy',
  'Verdict',
];

/** A row of which only these columns were asked for. Throws where it is no row of ours. */
export function decodeSummary(row: TableRow): SummaryRow {
  const id = row.rowKey ?? '';
  if (!DETECTION_ID.test(id)) throw new Error(`Detections: no row of ours: ${id}`);
  return { detection: summaryOf(row, id), deliveries: decodeDeliveries(row), verdict: decodeDisposition(row) };
}

function summaryOf(row: TableRow, id: string): DetectionSummary {
  const average = fraction(row, 'Average');
  return {
    groupId: id.slice(0, 32),
    detector: 'kql-rule',
    source: text(row, 'Source') as Source,
    DeviceName: text(row, 'DeviceName'),
    InitiatingProcessFileName: text(row, 'InitiatingProcessFileName'),
    RemoteIP: text(row, 'RemoteIP'),
    FirstConnection: text(row, 'FirstConnection') as Hour,
    LastConnection: text(row, 'LastConnection') as Hour,
    count_of_hours: whole(row, 'count_of_hours'),
    inliner_count: whole(row, 'inliner_count'),
    outlier_count: whole(row, 'outlier_count'),
    avg_conn_count: whole(row, 'avg_conn_count'),
    average,
    devices: whole(row, 'Devices'),
    otherProcesses: jsonOr<Finding['otherProcesses']>(row, 'OtherProcesses', []),
    spread: fractionOr(row, 'Spread', 1),
    interval: jsonOr<Finding['interval']>(row, 'Interval', null),
    severity: severityOf(row),
    severityReason: textOrNone(row, 'SeverityReason'),
    technique: jsonOr<Finding['technique']>(row, 'Technique', null),
    state: text(row, 'State') as DetectionState,
    episode: text(row, 'Episode') as Timestamp,
    revision: whole(row, 'Revision'),
    revisionReason: textOrNone(row, 'RevisionReason'),
    notifiedLevel: jsonOr(row, 'Told', { average, severity: severityOf(row) }),
    highestAverage: fractionOr(row, 'HighestAverage', average),
    asOf: text(row, 'AsOf') as Timestamp,
    lastMatched: text(row, 'LastMatched') as Timestamp,
    suppressedBy: text(row, 'SuppressedBy'),
  };
}

/** Evidence of before thresholds were kept is taken for the seed's. */
function evidenceOf(row: TableRow): Evidence {
  const evidence = JSON.parse(readLongText(row, 'Evidence')) as Omit<Evidence, 'thresholds'> & Partial<Evidence>;
  return { ...evidence, thresholds: evidence.thresholds ?? thresholdsOf(KQL_RULE) };
}

/** A row of before severities were judged is `low`; the next run that it matches in judges it. */
function severityOf(row: TableRow): Severity {
  return (textOrNone(row, 'Severity') || 'low') as Severity;
}

function decodeDeliveries(row: TableRow): Record<string, SinkDelivery> {
  const columns = Object.keys(row).filter((name) => name.startsWith(SINK) && typeof row[name] === 'string');
  return Object.fromEntries(
    columns.map((name) => [name.slice(SINK.length), JSON.parse(text(row, name)) as SinkDelivery]),
  );
}

/** A column that was asked for and is not there may come as null. */
function decodeDisposition(row: TableRow): Verdict | null {
  return row['Verdict'] === undefined || row['Verdict'] === null ? null : (JSON.parse(text(row, 'Verdict')) as Verdict);
}
