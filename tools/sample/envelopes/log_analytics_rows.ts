import { Buffer } from 'node:buffer';
import type { Append } from '../appends.ts';
import { AGAIN } from '../exports.ts';
import type { Plan } from '../plan.ts';
import { randomOf } from '../random.ts';
import { type SampleTableRow, tableHours } from '../table_hours.ts';
import { blobOf, commonColumns, containerOf } from './log_analytics.ts';

const TABLE = 'DeviceNetworkEvents';

/**
 * DeviceNetworkEvents of a workspace by a data export rule: flat rows, placed by TimeGenerated. A share of them is
 * exported again unless the plan is plain.
 */
export function* exportedRows(plan: Plan): Generator<Append> {
  for (const { startMs, rows } of tableHours(plan)) {
    const random = randomOf(plan.seed, 'export rule', (startMs - plan.start) / 1_000);
    const blobs = new Map<string, { lines: Buffer[]; reports: number; duplicates: number }>();
    for (const { sent, row } of rows) {
      const name = blobOf(sent.atMs);
      const blob = blobs.get(name) ?? { lines: [], reports: 0, duplicates: 0 };
      blobs.set(name, blob);
      const line = Buffer.from(`${JSON.stringify(workspaceRow(row))}\n`);
      blob.lines.push(line);
      if (sent.isReport) blob.reports++;
      if (plan.plain || !random.chance(AGAIN)) continue;
      blob.lines.push(line);
      blob.duplicates++;
    }
    for (const [name, blob] of blobs) yield { container: containerOf(TABLE), name, ...blob, late: 0, unreadable: [] };
  }
}

/** Columns that the workspace's table does not have; it has Timestamp under another name. */
const ABSENT = /^Timestamp$|Session|UniqueId$/;
/** Columns that are not text. Their missing value is null; that of a text column is ''. */
const NO_TEXT = /Port$|Id$|Size$|Time$|^AdditionalFields$/;
/** Text columns that NO_TEXT would match. */
const TEXT = /^(?:DeviceId|AppGuardContainerId|InitiatingProcessAccountObjectId)$/;

export function workspaceRow(row: SampleTableRow): object {
  const columns = Object.keys(row)
    .filter((column) => !ABSENT.test(column))
    .sort();
  return {
    TimeGenerated: row['Timestamp'],
    ...commonColumns(TABLE),
    SourceSystem: '',
    ...Object.fromEntries(columns.map((column) => [column, valueIn(column, row[column])])),
  };
}

function valueIn(column: string, value: unknown): unknown {
  // The column is dynamic: JSON text is parsed.
  if (column === 'AdditionalFields' && typeof value === 'string') return JSON.parse(value);
  return value === null && (TEXT.test(column) || !NO_TEXT.test(column)) ? '' : value;
}
