import * as z from 'zod';
import type { Suppression } from '../../core/detections/suppression.ts';
import type { Partition } from '../ports/hourly_counts.ts';
import type { SuppressedCount, SuppressionRow } from '../ports/suppressions.ts';
import { jsonOf, readColumns, readPrefixed, TEXT, TIME, wellFormed } from './columns.ts';
import { TABLES } from './names.ts';
import type { NewTableRow, TableRow } from './table.ts';

export const SUPPRESSIONS_PARTITION = 'suppressions';

const ROW_KEY = /^[0-9a-z-]{1,40}$/;
/** One column per partition of Detections, written by its scorer alone. */
const SUPPRESSED = 'Suppressed_';

/** Whether a text has the form of an entry's id: people type ids. */
export function isSuppressionId(id: string): boolean {
  return ROW_KEY.test(id);
}

/** People's columns, and no others. */
export function encodeSuppression(suppression: Suppression): NewTableRow {
  return {
    ...keysOf(suppression.id),
    Device: wellFormed(suppression.device),
    Process: wellFormed(suppression.process),
    Remote: wellFormed(suppression.remote),
    Hash: suppression.hash,
    Source: wellFormed(suppression.source),
    Detector: wellFormed(suppression.detector),
    Owner: wellFormed(suppression.owner),
    Reason: wellFormed(suppression.reason),
    CreatedAt: suppression.createdAt,
    Expires: suppression.expires,
  };
}

export function encodeSuppressedCount(id: string, partition: Partition, suppressed: SuppressedCount): NewTableRow {
  return { ...keysOf(id), [`${SUPPRESSED}${partition}`]: JSON.stringify(suppressed) };
}

const ROW = z.object({
  rowKey: z.string().regex(ROW_KEY, { error: 'must be the id of a suppression' }),
  Device: TEXT,
  Process: TEXT,
  Remote: TEXT,
  Hash: TEXT,
  Source: TEXT,
  Detector: TEXT,
  Owner: TEXT,
  Reason: TEXT,
  CreatedAt: TIME,
  Expires: TIME,
});

const COUNTS = z.record(z.string(), jsonOf(z.object({ asOf: TIME, detections: z.int().min(0), since: TIME })));

/** Throws a BadRowError where the row is not one of Suppressions. */
export function decodeSuppression(row: TableRow): SuppressionRow {
  const columns = readColumns(TABLES.suppressions, ROW, row);
  return {
    suppression: {
      id: columns.rowKey,
      device: columns.Device,
      process: columns.Process,
      remote: columns.Remote,
      hash: columns.Hash,
      source: columns.Source,
      detector: columns.Detector,
      owner: columns.Owner,
      reason: columns.Reason,
      createdAt: columns.CreatedAt,
      expires: columns.Expires,
    },
    suppressed: readPrefixed(TABLES.suppressions, SUPPRESSED, COUNTS, row),
  };
}

function keysOf(id: string): { partitionKey: string; rowKey: string } {
  if (!isSuppressionId(id)) throw new RangeError('not an id of a suppression');
  return { partitionKey: SUPPRESSIONS_PARTITION, rowKey: id };
}
