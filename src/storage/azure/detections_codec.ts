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
import type { Verdict, VerdictValue } from '../../core/detections/verdict.ts';
import type { Hour } from '../../core/kql/bin.ts';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Source } from '../../core/records/report.ts';
import type { DetectionRow, SummaryRow } from '../ports/detections.ts';
import {
  double,
  fraction,
  int32,
  int64,
  json,
  longText,
  readLongJson,
  text,
  textOrNull,
  wellFormed,
  whole,
} from './columns.ts';
import type { NewTableRow, TableRow } from './table.ts';

/** A sink's name has letters, digits and `_` only, so that it can stand in a column's name. */
const SINK = 'Sink_';

function keysOf(id: string): { partitionKey: string; rowKey: string } {
  if (!DETECTION_ID.test(id)) throw new RangeError(`not an id of a detection: ${id}`);
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
    // A merge keeps columns that it does not name, so null and empty values are written too.
    ...longText('Interval', json(detection.interval)),
    ...longText('OtherProcesses', json(detection.otherProcesses)),
    ...longText('Technique', json(detection.technique)),
    ...longText('Traffic', json(detection.traffic)),
    NotifiedAverage: double(detection.notifiedLevel.average),
    NotifiedSeverity: detection.notifiedLevel.severity,
    ...longText('Episodes', json(detection.episodes)),
  };
}

/** One sink's column. */
export function encodeDelivery(id: string, sink: string, delivery: SinkDelivery): NewTableRow {
  return { ...keysOf(id), ...deliveryColumns([{ sink, delivery }]) };
}

export function deliveryColumns(
  deliveries: readonly { readonly sink: string; readonly delivery: SinkDelivery }[],
): Record<string, string> {
  return Object.fromEntries(deliveries.map(({ sink, delivery }) => [deliveryColumn(sink), JSON.stringify(delivery)]));
}

export function deliveryColumn(sink: string): string {
  return `${SINK}${sink}`;
}

/** The analyst's columns. They are absent until somebody records a verdict. */
export function encodeVerdict(id: string, { value, note, who, at }: Verdict): NewTableRow {
  return {
    ...keysOf(id),
    VerdictValue: value,
    VerdictNote: wellFormed(note),
    VerdictWho: wellFormed(who),
    VerdictAt: int64(at),
  };
}

/** Throws where the row is not one of Detections. */
export function decodeDetection(row: TableRow): DetectionRow {
  const id = row.rowKey ?? '';
  if (!DETECTION_ID.test(id)) throw new Error(`Detections: unexpected row: ${id}`);
  return {
    detection: {
      ...summaryOf(row, id),
      traffic: readLongJson<Detection['traffic']>(row, 'Traffic'),
      evidence: readLongJson<Evidence>(row, 'Evidence'),
      episodes: readLongJson<Detection['episodes']>(row, 'Episodes'),
    },
    deliveries: decodeDeliveries(row),
    verdict: decodeVerdict(row),
  };
}

/** The columns of a summary, without those of the sinks. */
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
  'NotifiedAverage',
  'NotifiedSeverity',
  'HighestAverage',
  'AsOf',
  'LastMatched',
  'SuppressedBy',
  'VerdictValue',
  'VerdictNote',
  'VerdictWho',
  'VerdictAt',
];

/** A row with the columns of a summary alone. Throws where the row is not one of Detections. */
export function decodeSummary(row: TableRow): SummaryRow {
  const id = row.rowKey ?? '';
  if (!DETECTION_ID.test(id)) throw new Error(`Detections: unexpected row: ${id}`);
  return { detection: summaryOf(row, id), deliveries: decodeDeliveries(row), verdict: decodeVerdict(row) };
}

function summaryOf(row: TableRow, id: string): DetectionSummary {
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
    average: fraction(row, 'Average'),
    devices: whole(row, 'Devices'),
    otherProcesses: readLongJson<Finding['otherProcesses']>(row, 'OtherProcesses'),
    spread: fraction(row, 'Spread'),
    interval: readLongJson<Finding['interval']>(row, 'Interval'),
    severity: text(row, 'Severity') as Severity,
    severityReason: text(row, 'SeverityReason'),
    technique: readLongJson<Finding['technique']>(row, 'Technique'),
    state: text(row, 'State') as DetectionState,
    episode: text(row, 'Episode') as Timestamp,
    revision: whole(row, 'Revision'),
    revisionReason: text(row, 'RevisionReason'),
    notifiedLevel: {
      average: fraction(row, 'NotifiedAverage'),
      severity: text(row, 'NotifiedSeverity') as Severity,
    },
    highestAverage: fraction(row, 'HighestAverage'),
    asOf: text(row, 'AsOf') as Timestamp,
    lastMatched: text(row, 'LastMatched') as Timestamp,
    suppressedBy: text(row, 'SuppressedBy'),
  };
}

function decodeDeliveries(row: TableRow): Record<string, SinkDelivery> {
  const columns = Object.keys(row).filter((name) => name.startsWith(SINK) && typeof row[name] === 'string');
  return Object.fromEntries(
    columns.map((name) => [name.slice(SINK.length), JSON.parse(text(row, name)) as SinkDelivery]),
  );
}

function decodeVerdict(row: TableRow): Verdict | null {
  const value = textOrNull(row, 'VerdictValue');
  if (value === null) return null;
  return {
    value: value as VerdictValue,
    note: text(row, 'VerdictNote'),
    who: text(row, 'VerdictWho'),
    at: whole(row, 'VerdictAt'),
  };
}
