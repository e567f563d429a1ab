import * as z from 'zod';
import { SEVERITIES } from '../../core/detections/detection.ts';
import { partitionOf } from '../keys.ts';
import { pendingIdOf } from '../pending_id.ts';
import type { PendingKey, PendingNotification } from '../ports/outbox.ts';
import { badRowError, double, FRACTION, int32, int64, orNull, readColumns, TEXT, TIME, WHOLE } from './columns.ts';
import { TABLES } from './names.ts';
import type { NewTableRow, TableRow } from './table.ts';

export function pendingKeysOf(key: PendingKey): { partitionKey: string; rowKey: string } {
  return { partitionKey: partitionOf(key.groupId), rowKey: pendingIdOf(key) };
}

export function encodePending(pending: PendingNotification): NewTableRow {
  return {
    ...pendingKeysOf(pending),
    Sink: pending.sink,
    GroupId: pending.groupId,
    Episode: pending.episode,
    Revision: int32(pending.revision),
    Severity: pending.severity,
    Score: double(pending.score),
    Average: double(pending.average),
    Attempts: int32(pending.attempts),
    ...(pending.firstAt !== null && { FirstAt: int64(pending.firstAt) }),
    Answer: pending.answer,
    NextTry: int64(pending.nextTry),
    LeasedAt: int64(pending.leasedAt),
    Digest: pending.digest,
    ...(pending.isOfBaseline && { OfBaseline: true }),
  };
}

const ROW = z.object({
  Sink: TEXT,
  GroupId: TEXT,
  Episode: TIME,
  Revision: WHOLE,
  Severity: z.enum(SEVERITIES),
  Score: FRACTION,
  Average: FRACTION,
  Attempts: WHOLE,
  FirstAt: orNull(WHOLE),
  Answer: TEXT,
  NextTry: WHOLE,
  LeasedAt: WHOLE,
  Digest: TEXT,
  OfBaseline: orNull(z.literal(true)),
});

/** Throws a BadRowError where the row is not one of the outbox, or its columns do not fit the key. */
export function decodePending(row: TableRow): PendingNotification {
  const columns = readColumns(TABLES.detections, ROW, row);
  const pending: PendingNotification = {
    sink: columns.Sink,
    groupId: columns.GroupId,
    episode: columns.Episode,
    revision: columns.Revision,
    severity: columns.Severity,
    score: columns.Score,
    average: columns.Average,
    attempts: columns.Attempts,
    firstAt: columns.FirstAt,
    answer: columns.Answer,
    nextTry: columns.NextTry,
    leasedAt: columns.LeasedAt,
    digest: columns.Digest,
    ...(columns.OfBaseline && { isOfBaseline: true }),
  };
  if (pendingIdOf(pending) !== row.rowKey) throw badRowError(TABLES.detections, row, 'the columns do not fit the key');
  return pending;
}
