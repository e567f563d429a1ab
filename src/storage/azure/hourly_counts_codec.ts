import * as z from 'zod';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Contribution } from '../../core/records/contribution.ts';
import { type Facts, SOURCES, TEXT_FACTS } from '../../core/records/report.ts';
import type { ContributionRow } from '../ports/hourly_counts.ts';
import { orNull, readColumns, TEXT, wellFormed } from './columns.ts';
import { TABLES } from './names.ts';
import type { NewTableRow, TableRow } from './table.ts';

/** Hex digits, `|` and a time: valid in a key, and nothing that an attacker could choose. */
const ROW_KEY = /^[0-9a-f]{32}\|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z\|[0-9a-f]{16}$/;

/** The columns of a scan: those that scoring needs, without facts. */
export const CONTRIBUTION_COLUMNS = [
  'partitionKey',
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

const COLUMNS = {
  rowKey: z.string().regex(ROW_KEY, { error: 'must be <groupId>|<time>|<contribution>' }),
  Source: z.enum(SOURCES),
  DeviceName: TEXT,
  InitiatingProcessFileName: TEXT,
  RemoteIP: TEXT,
  Count: orNull(z.int({ error: 'must be a whole number' })),
};
const ROW = z.object(COLUMNS);
const ROW_WITH_FACTS = z.object({
  ...COLUMNS,
  ...Object.fromEntries(TEXT_FACTS.map((name) => [name, TEXT.nullish()])),
  RemotePort: z.int({ error: 'must be a whole number' }).nullish(),
});

/** Throws a BadRowError where the row is not one of HourlyCounts. */
export function decodeContribution(row: TableRow): Contribution {
  return contributionOf(isGood(row) ? row : readColumns(TABLES.hourlyCounts, ROW, row));
}

const KNOWN_SOURCES: ReadonlySet<unknown> = new Set(SOURCES);

/** Accepts what `ROW` accepts, in a third of its time: a run decodes every row of four days. The schema names faults. */
function isGood(row: TableRow): row is TableRow & ScannedColumns {
  const { Count } = row;
  return (
    typeof row.rowKey === 'string' &&
    ROW_KEY.test(row.rowKey) &&
    KNOWN_SOURCES.has(row['Source']) &&
    typeof row['DeviceName'] === 'string' &&
    typeof row['InitiatingProcessFileName'] === 'string' &&
    typeof row['RemoteIP'] === 'string' &&
    (Count === undefined || Count === null || Number.isSafeInteger(Count))
  );
}

/** The columns of a good row, where one without a count may lack that column. */
type ScannedColumns = Omit<z.infer<typeof ROW>, 'Count'> & { readonly Count?: number | null };

function contributionOf(columns: ScannedColumns): Contribution {
  const { rowKey, Source, DeviceName, InitiatingProcessFileName, RemoteIP, Count } = columns;
  const Timestamp = rowKey.slice(33, 61) as Timestamp;
  const key = { source: Source, DeviceName, InitiatingProcessFileName, RemoteIP };
  return { groupId: rowKey.slice(0, 32), ...key, Timestamp, contribution: rowKey.slice(62), count: Count ?? null };
}

/** The same with the facts. */
export function decodeContributionRow(row: TableRow): ContributionRow {
  const columns = readColumns(TABLES.hourlyCounts, ROW_WITH_FACTS, row);
  const facts: { -readonly [Name in keyof Facts]: Facts[Name] } = {};
  for (const name of TEXT_FACTS) if (typeof row[name] === 'string') facts[name] = row[name];
  if (typeof columns.RemotePort === 'number') facts.RemotePort = columns.RemotePort;
  return { ...contributionOf(columns as z.infer<typeof ROW>), facts };
}
