import type { Suppression } from '../../core/detections/suppression.ts';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Partition } from '../ports/hourly_counts.ts';
import type { SuppressedCount, SuppressionRow } from '../ports/suppressions.ts';
import { text, wellFormed } from './columns.ts';
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

/** Throws where the row is not one of Suppressions. */
export function decodeSuppression(row: TableRow): SuppressionRow {
  const id = row.rowKey ?? '';
  if (!isSuppressionId(id)) throw new Error('Suppressions: unexpected row');
  return {
    suppression: {
      id,
      device: text(row, 'Device'),
      process: text(row, 'Process'),
      remote: text(row, 'Remote'),
      source: text(row, 'Source'),
      detector: text(row, 'Detector'),
      owner: text(row, 'Owner'),
      reason: text(row, 'Reason'),
      createdAt: text(row, 'CreatedAt') as Timestamp,
      expires: text(row, 'Expires') as Timestamp,
    },
    suppressed: decodeSuppressed(row),
  };
}

function decodeSuppressed(row: TableRow): SuppressionRow['suppressed'] {
  const columns = Object.keys(row).filter((name) => name.startsWith(SUPPRESSED) && typeof row[name] === 'string');
  return Object.fromEntries(
    columns.map((name) => [name.slice(SUPPRESSED.length), JSON.parse(text(row, name)) as SuppressedCount]),
  );
}

function keysOf(id: string): { partitionKey: string; rowKey: string } {
  if (!isSuppressionId(id)) throw new RangeError('not an id of a suppression');
  return { partitionKey: SUPPRESSIONS_PARTITION, rowKey: id };
}
