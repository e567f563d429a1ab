import * as z from 'zod';
import { DETECTION_ID, type Detection, detectionIdOf, type SinkDelivery } from '../../core/detections/detection.ts';
import type { Verdict } from '../../core/detections/verdict.ts';
import type { DetectionRow, SummaryRow } from '../ports/detections.ts';
import { double, int32, int64, joined, json, longText, readColumns, wellFormed } from './columns.ts';
import { DELIVERY, LONG_ROW, LONG_TEXTS, SUMMARY_ROW, SUMMARY_TEXTS, VERDICT_ROW } from './detections_columns.ts';
import { TABLES } from './names.ts';
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

/** Throws a BadRowError where the row is not one of Detections. */
export function decodeDetection(row: TableRow): DetectionRow {
  const { detection, ...rest } = decodeSummary(row);
  const columns = readColumns(TABLES.detections, LONG_ROW, joined(row, LONG_TEXTS));
  const { Traffic: traffic, Evidence: evidence, Episodes: episodes } = columns;
  return { detection: { ...detection, traffic, evidence, episodes }, ...rest };
}

/** A row with the columns of a summary alone. Throws a BadRowError where the row is not one of Detections. */
export function decodeSummary(row: TableRow): SummaryRow {
  const columns = readColumns(TABLES.detections, SUMMARY_ROW, joined(row, SUMMARY_TEXTS));
  return {
    detection: {
      groupId: columns.rowKey.slice(0, 32),
      detector: 'kql-rule',
      source: columns.Source,
      DeviceName: columns.DeviceName,
      InitiatingProcessFileName: columns.InitiatingProcessFileName,
      RemoteIP: columns.RemoteIP,
      FirstConnection: columns.FirstConnection,
      LastConnection: columns.LastConnection,
      count_of_hours: columns.count_of_hours,
      inliner_count: columns.inliner_count,
      outlier_count: columns.outlier_count,
      avg_conn_count: columns.avg_conn_count,
      average: columns.Average,
      devices: columns.Devices,
      otherProcesses: columns.OtherProcesses,
      spread: columns.Spread,
      interval: columns.Interval,
      severity: columns.Severity,
      severityReason: columns.SeverityReason,
      technique: columns.Technique,
      state: columns.State,
      episode: columns.Episode,
      revision: columns.Revision,
      revisionReason: columns.RevisionReason,
      notifiedLevel: { average: columns.NotifiedAverage, severity: columns.NotifiedSeverity },
      highestAverage: columns.HighestAverage,
      asOf: columns.AsOf,
      lastMatched: columns.LastMatched,
      suppressedBy: columns.SuppressedBy,
    },
    deliveries: decodeDeliveries(row),
    verdict: decodeVerdict(row),
  };
}

function decodeDeliveries(row: TableRow): Record<string, SinkDelivery> {
  const names = Object.keys(row).filter((name) => name.startsWith(SINK) && row[name] !== null);
  const columns = readColumns(
    TABLES.detections,
    z.object(Object.fromEntries(names.map((name) => [name, DELIVERY]))),
    row,
  );
  return Object.fromEntries(names.map((name) => [name.slice(SINK.length), columns[name] as SinkDelivery]));
}

function decodeVerdict(row: TableRow): Verdict | null {
  if (row['VerdictValue'] === undefined || row['VerdictValue'] === null) return null;
  const columns = readColumns(TABLES.detections, VERDICT_ROW, row);
  const { VerdictValue: value, VerdictNote: note, VerdictWho: who, VerdictAt: at } = columns;
  return { value, note, who, at };
}
