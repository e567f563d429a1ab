import * as z from 'zod';
import { bin, type Hour } from '../../core/kql/bin.ts';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Contribution } from '../../core/records/contribution.ts';
import { type Day, dayOf, startOf } from '../../core/records/day.ts';
import { type Facts, PROGRAM_FACTS, SOURCES, TEXT_FACTS } from '../../core/records/report.ts';
import type { KeySpan } from '../pending_id.ts';
import type { ContributionRow, Partition, Touched, TouchedEntry } from '../ports/hourly_counts.ts';
import { badRowError, FLAG, json, jsonOf, orNull, readColumns, TEXT, wellFormed } from './columns.ts';
import { countsTableOf } from './names.ts';
import type { NewTableRow, TableRow } from './table.ts';

/** Digits, `|` and a time: valid in a key, and nothing that an attacker could choose. */
const ROW_KEY = /^([01]\d|2[0-3])\|[0-9a-f]{32}\|\d{4}-\d\d-\d\dT\1:\d\d:\d\d\.\d{7}Z\|[0-9a-f]{16}$/;
const PROGRAM_HASH = /^[0-9a-f]{16}$/;
const TOUCHED_KEY = /^touched\|([01]\d|2[0-3])\|(?:([0-9a-f]{32})\|)?([0-9a-f]{32})$/;

/** The columns of a scan: those that scoring needs, without facts. */
export const CONTRIBUTION_COLUMNS = [
  'partitionKey',
  'rowKey',
  'Source',
  'DeviceName',
  'InitiatingProcessFileName',
  'RemoteIP',
  'Count',
  'Failed',
  'ProgramHash',
] as const;

/** `<hour of the day>|<groupId>|<Timestamp>|<contribution>`: an hour of a partition is one range, in the order of scoring. */
export function countRowKeyOf({ groupId, Timestamp, contribution }: Contribution): string {
  const rowKey = `${hourOfDay(Timestamp)}|${groupId}|${Timestamp}|${contribution}`;
  if (!ROW_KEY.test(rowKey)) throw new RangeError(`not a key of HourlyCounts: ${rowKey}`);
  return rowKey;
}

/** The keys of the rows of one day, one hour, or one group in an hour. The entries come after all of them. */
export const DAY_SPAN: KeySpan = { from: '0', to: ':' };
export function spanOfHour(hour: Hour, groupId?: string): KeySpan {
  const begin = groupId === undefined ? hourOfDay(hour) : `${hourOfDay(hour)}|${groupId}`;
  // `}` is the character after `|`.
  return { from: `${begin}|`, to: `${begin}}` };
}
export const TOUCHED_SPAN: KeySpan = { from: 'touched|', to: 'touched}' };

/** `touched|<hour of the day>|<segmentId>`, or `touched|<hour of the day>|<groupId>|<segmentId>`. */
export function touchedKeyOf({ hour, groupId, segmentId }: Touched): string {
  const rowKey = ['touched', hourOfDay(hour), ...(groupId === null ? [] : [groupId]), segmentId].join('|');
  if (!TOUCHED_KEY.test(rowKey)) throw new RangeError(`not a key of a touched entry: ${rowKey}`);
  return rowKey;
}

export function encodeTouched(partition: Partition, touched: Touched): NewTableRow {
  return { partitionKey: partition, rowKey: touchedKeyOf(touched) };
}

/** Throws a BadRowError where the row is not a touched entry. */
export function decodeTouched(day: Day, row: TableRow): TouchedEntry {
  const [, hour, groupId = null, segmentId] = TOUCHED_KEY.exec(row.rowKey ?? '') ?? [];
  if (hour === undefined || segmentId === undefined) {
    throw badRowError(countsTableOf(day), row, 'rowKey must be touched|<hour>|<segment>');
  }
  const start = `${startOf(day).slice(0, 11)}${hour}:00:00.0000000Z` as Timestamp;
  return { hour: bin(start, '1h'), groupId, segmentId, version: row.etag };
}

function hourOfDay(time: Timestamp): string {
  return time.slice(11, 13);
}

export function encodeContribution(row: ContributionRow): NewTableRow {
  const { RemotePort } = row.facts;
  return {
    partitionKey: row.groupId.slice(0, 1),
    rowKey: countRowKeyOf(row),
    Source: row.source,
    DeviceName: wellFormed(row.DeviceName),
    InitiatingProcessFileName: wellFormed(row.InitiatingProcessFileName),
    RemoteIP: wellFormed(row.RemoteIP),
    // A table has no null: the column is absent.
    ...(row.count !== null && { Count: { value: row.count, type: 'Int32' } }),
    ...(row.failed && { Failed: true }),
    ...(row.programHash !== null && { ProgramHash: row.programHash }),
    ...Object.fromEntries(OWN_COLUMNS.flatMap((name) => factColumn(name, row.facts[name]))),
    ...programColumn(row.facts),
    ...(RemotePort !== undefined && { RemotePort: { value: RemotePort, type: 'Int32' } }),
  };
}

/** The facts with a column of their own. */
const OWN_COLUMNS = TEXT_FACTS.filter((name) => !(PROGRAM_FACTS as readonly string[]).includes(name));

function factColumn(name: string, fact: string | undefined): [string, string][] {
  return fact === undefined ? [] : [[name, wellFormed(fact)]];
}

/** Characters of a program's fact at most: JSON can write each as six, and a property holds 32,768. */
const LONGEST_COMMAND_LINE = 512;
const LONGEST_OTHER = 256;

/**
 * The facts of the program in one column, as a JSON array in the order of `PROGRAM_FACTS`: eleven columns with their names
 * would double the row.
 */
function programColumn(facts: Facts): { Program?: string } {
  const values = PROGRAM_FACTS.map((name) =>
    (facts[name] ?? '').slice(0, name === 'InitiatingProcessCommandLine' ? LONGEST_COMMAND_LINE : LONGEST_OTHER),
  );
  const used = values.findLastIndex((value) => value !== '') + 1;
  return used === 0 ? {} : { Program: json(values.slice(0, used)) };
}

const COLUMNS = {
  rowKey: z.string().regex(ROW_KEY, { error: 'must be <hour>|<groupId>|<time>|<contribution>' }),
  Source: z.enum(SOURCES),
  DeviceName: TEXT,
  InitiatingProcessFileName: TEXT,
  RemoteIP: TEXT,
  Count: orNull(z.int({ error: 'must be a whole number' })),
  Failed: orNull(FLAG),
  ProgramHash: orNull(z.string().regex(PROGRAM_HASH, { error: 'must be 16 hex digits' })),
};
const ROW = z.object(COLUMNS);
const ROW_WITH_FACTS = z.object({
  ...COLUMNS,
  ...Object.fromEntries(OWN_COLUMNS.map((name) => [name, TEXT.nullish()])),
  Program: jsonOf(z.array(z.string())).nullish(),
  RemotePort: z.int({ error: 'must be a whole number' }).nullish(),
});

/** Throws a BadRowError where the row is not one of HourlyCounts of that day. */
export function decodeContribution(day: Day, row: TableRow): Contribution {
  return contributionOf(day, row, isGood(row) ? row : readColumns(countsTableOf(day), ROW, row));
}

const KNOWN_SOURCES: ReadonlySet<unknown> = new Set(SOURCES);

/** Accepts what `ROW` accepts, in a third of its time: a run decodes every row of four days. The schema names faults. */
function isGood(row: TableRow): row is TableRow & ScannedColumns {
  const { Count, Failed, ProgramHash } = row;
  return (
    typeof row.rowKey === 'string' &&
    ROW_KEY.test(row.rowKey) &&
    KNOWN_SOURCES.has(row['Source']) &&
    typeof row['DeviceName'] === 'string' &&
    typeof row['InitiatingProcessFileName'] === 'string' &&
    typeof row['RemoteIP'] === 'string' &&
    (isAbsent(Count) || Number.isSafeInteger(Count)) &&
    (isAbsent(Failed) || typeof Failed === 'boolean') &&
    (isAbsent(ProgramHash) || (typeof ProgramHash === 'string' && PROGRAM_HASH.test(ProgramHash)))
  );
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

type Nullable = 'Count' | 'Failed' | 'ProgramHash';
/** The columns of a good row, where each that is null may be absent. */
type ScannedColumns = Omit<z.infer<typeof ROW>, Nullable> & Partial<Pick<z.infer<typeof ROW>, Nullable>>;

function contributionOf(day: Day, row: TableRow, columns: ScannedColumns): Contribution {
  const { rowKey, Source, DeviceName, InitiatingProcessFileName, RemoteIP, Count, Failed, ProgramHash } = columns;
  const Timestamp = rowKey.slice(36, 64) as Timestamp;
  if (dayOf(Timestamp) !== day) throw badRowError(countsTableOf(day), row, `rowKey must have a time of ${day}`);
  const key = { source: Source, DeviceName, InitiatingProcessFileName, RemoteIP };
  const counted = { count: Count ?? null, failed: Failed ?? false, programHash: ProgramHash ?? null };
  return { groupId: rowKey.slice(3, 35), ...key, Timestamp, contribution: rowKey.slice(65), ...counted };
}

/** The same with the facts. */
export function decodeContributionRow(day: Day, row: TableRow): ContributionRow {
  const columns = readColumns(countsTableOf(day), ROW_WITH_FACTS, row);
  const facts: { -readonly [Name in keyof Facts]: Facts[Name] } = {};
  for (const name of OWN_COLUMNS) if (typeof row[name] === 'string') facts[name] = row[name];
  for (const [index, name] of PROGRAM_FACTS.entries()) {
    const fact = columns.Program?.[index];
    if (fact) facts[name] = fact;
  }
  if (typeof columns.RemotePort === 'number') facts.RemotePort = columns.RemotePort;
  return { ...contributionOf(day, row, columns as z.infer<typeof ROW>), facts };
}
