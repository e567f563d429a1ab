import { type Delivery, type Detection, type DetectionState, detectionIdOf, type Evidence } from '../core/detection.ts';
import type { Hour } from '../core/kql/bin.ts';
import type { Source } from '../core/report.ts';
import type { Timestamp } from '../core/timestamp.ts';
import type { DetectionRow } from '../ports.ts';
import { double, fraction, int32, int64, longText, readLongText, text, wellFormed, whole } from './columns.ts';
import type { NewRow, Row } from './table.ts';

/** `<groupId>|<detector>`. */
const ROW_KEY = /^[0-9a-f]{32}\|seed$/;
/** A sink's name is letters, digits and `_`: fit for a column as it is. */
const SINK = 'Sink_';

/** Whether a text can be the id of a detection: ids come from messages and from people, too. */
export function isDetectionId(id: string): boolean {
  return ROW_KEY.test(id);
}

function keysOf(id: string): { partitionKey: string; rowKey: string } {
  if (!isDetectionId(id)) throw new RangeError(`no id of a detection: ${id}`);
  return { partitionKey: id.slice(0, 1), rowKey: id };
}

/** The scorer's columns, and no others. */
export function encodeDetection(detection: Detection): NewRow {
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
    Change: int32(detection.change),
    AsOf: detection.asOf,
    LastMatched: detection.lastMatched,
    SuppressedBy: wellFormed(detection.suppressedBy),
  };
}

/** One sink's column, the notifier's. */
export function encodeDelivery(id: string, sink: string, delivery: Delivery): NewRow {
  return { ...keysOf(id), [`${SINK}${sink}`]: JSON.stringify(delivery) };
}

/** Throws where it is no row of ours. */
export function decodeDetection(row: Row): DetectionRow {
  const id = row.rowKey ?? '';
  if (!isDetectionId(id)) throw new Error(`Detections: no row of ours: ${id}`);
  return {
    detection: {
      groupId: id.slice(0, 32),
      detector: 'seed',
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
      evidence: JSON.parse(readLongText(row, 'Evidence')) as Evidence,
      state: text(row, 'State') as DetectionState,
      episode: text(row, 'Episode') as Timestamp,
      change: whole(row, 'Change'),
      asOf: text(row, 'AsOf') as Timestamp,
      lastMatched: text(row, 'LastMatched') as Timestamp,
      suppressedBy: text(row, 'SuppressedBy'),
    },
    deliveries: decodeDeliveries(row),
  };
}

function decodeDeliveries(row: Row): Record<string, Delivery> {
  const columns = Object.keys(row).filter((name) => name.startsWith(SINK) && typeof row[name] === 'string');
  return Object.fromEntries(columns.map((name) => [name.slice(SINK.length), JSON.parse(text(row, name)) as Delivery]));
}
