import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Contribution } from '../../core/records/contribution.ts';
import { type Facts, type Source, TEXT_FACTS } from '../../core/records/report.ts';
import type { ContributionRow } from '../ports/hourly_counts.ts';
import { text, wellFormed } from './columns.ts';
import type { NewTableRow, TableRow } from './table.ts';

/** Hex digits, `|` and a time: valid in a key, and nothing that an attacker could choose. */
const ROW_KEY = /^[0-9a-f]{32}\|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z\|[0-9a-f]{16}$/;

/** The columns of a scan: those that scoring needs, without facts. */
export const CONTRIBUTION_COLUMNS = [
  'rowKey',
  'Source',
  'DeviceName',
  'InitiatingProcessFileName',
  'RemoteIP',
  'Count',
] as const;

/** `<groupId>|<Timestamp>|<contribution>`: key order is the order of scoring. */
export function countRowKeyOf({ groupId, Timestamp, contribution }: Contribution): string {
  const rowKey = `${groupId}|${Timestamp}|${contribution}`;
  if (!ROW_KEY.test(rowKey)) throw new RangeError(`not a key of HourlyCounts: ${rowKey}`);
  return rowKey;
}

export function encodeContribution(row: ContributionRow): NewTableRow {
  const { RemotePort, ...facts } = row.facts;
  return {
    partitionKey: row.groupId.slice(0, 1),
    rowKey: countRowKeyOf(row),
    Source: row.source,
    DeviceName: wellFormed(row.DeviceName),
    InitiatingProcessFileName: wellFormed(row.InitiatingProcessFileName),
    RemoteIP: wellFormed(row.RemoteIP),
    // A table has no null: the column is absent.
    ...(row.count !== null && { Count: { value: row.count, type: 'Int32' } }),
    ...Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, wellFormed(fact)])),
    ...(RemotePort !== undefined && { RemotePort: { value: RemotePort, type: 'Int32' } }),
  };
}

/** Throws where the row is not one of HourlyCounts. */
export function decodeContribution(row: TableRow): Contribution {
  const key = row.rowKey ?? '';
  if (!ROW_KEY.test(key)) throw new Error(`HourlyCounts: unexpected row: ${key}`);
  return {
    groupId: key.slice(0, 32),
    source: text(row, 'Source') as Source,
    DeviceName: text(row, 'DeviceName'),
    InitiatingProcessFileName: text(row, 'InitiatingProcessFileName'),
    RemoteIP: text(row, 'RemoteIP'),
    Timestamp: key.slice(33, 61) as Timestamp,
    contribution: key.slice(62),
    count: typeof row['Count'] === 'number' ? row['Count'] : null,
  };
}

export function decodeContributionRow(row: TableRow): ContributionRow {
  const facts: { -readonly [Name in keyof Facts]: Facts[Name] } = {};
  for (const name of TEXT_FACTS) if (typeof row[name] === 'string') facts[name] = row[name];
  if (typeof row['RemotePort'] === 'number') facts.RemotePort = row['RemotePort'];
  return { ...decodeContribution(row), facts };
}
