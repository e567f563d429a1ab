import type { Detection, Severity } from '../../core/detections/detection.ts';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import { partitionOf } from '../keys.ts';
import { pendingIdOf } from '../pending_id.ts';
import type { PendingKey, PendingNotification } from '../ports/outbox.ts';
import { double, fraction, int32, int64, text, whole, wholeOrNull } from './columns.ts';
import type { NewTableRow, TableRow } from './table.ts';

export function pendingKeysOf(key: PendingKey): { partitionKey: string; rowKey: string } {
  return { partitionKey: partitionOf(key.groupId), rowKey: pendingIdOf(key) };
}

export function encodePending(pending: PendingNotification): NewTableRow {
  return {
    ...pendingKeysOf(pending),
    Sink: pending.sink,
    GroupId: pending.groupId,
    Detector: pending.detector,
    Episode: pending.episode,
    Revision: int32(pending.revision),
    Severity: pending.severity,
    Average: double(pending.average),
    Attempts: int32(pending.attempts),
    ...(pending.firstAt !== null && { FirstAt: int64(pending.firstAt) }),
    Answer: pending.answer,
    NextTry: int64(pending.nextTry),
    LeasedAt: int64(pending.leasedAt),
    Digest: pending.digest,
  };
}

/** Throws where the columns do not fit the key. */
export function decodePending(row: TableRow): PendingNotification {
  const pending: PendingNotification = {
    sink: text(row, 'Sink'),
    groupId: text(row, 'GroupId'),
    detector: text(row, 'Detector') as Detection['detector'],
    episode: text(row, 'Episode') as Timestamp,
    revision: whole(row, 'Revision'),
    severity: text(row, 'Severity') as Severity,
    average: fraction(row, 'Average'),
    attempts: whole(row, 'Attempts'),
    firstAt: wholeOrNull(row, 'FirstAt'),
    answer: text(row, 'Answer'),
    nextTry: whole(row, 'NextTry'),
    leasedAt: whole(row, 'LeasedAt'),
    digest: text(row, 'Digest'),
  };
  if (pendingIdOf(pending) !== row.rowKey) throw new Error(`Detections: the columns do not fit the key ${row.rowKey}`);
  return pending;
}
