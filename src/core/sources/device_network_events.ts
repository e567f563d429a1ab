import { toint } from '../kql/toint.ts';
import { readInstant } from '../records/instant.ts';
import type { Needed, Reading } from '../records/reading.ts';
import {
  type Facts,
  MAX_FACT_LENGTH,
  MAX_NAME_LENGTH,
  type Report,
  type Source,
  TEXT_FACTS,
} from '../records/report.ts';
import { fault, isObject, type JsonRow } from './row.ts';
import { isStored } from './stored_scope.ts';

/** As the Streaming API writes it. */
const CATEGORY = 'AdvancedHunting-DeviceNetworkEvents';
/** Other tables of advanced hunting, as the Streaming API and as Log Analytics name them. */
const HUNTING_CATEGORY = /^advancedhunting-/i;
const HUNTING_TABLE = /^(?!.*_CL$)(?:Device|Alert|Cloud|Email|Identity|Url)[A-Z]/;

/**
 * The row of DeviceNetworkEvents in a record: in the Streaming API's envelope, or flat, as Log Analytics and the portal
 * write it. A NoRow: the reason why the record has no row. null: no such record. Anybody can name a custom table (`…_CL`),
 * so its columns decide.
 */
export function rowOf(record: JsonRow): JsonRow | NoRow | null {
  const { category, properties } = record;
  if (typeof category === 'string' && properties !== undefined) {
    if (isOurs(category)) return isObject(properties) ? properties : 'broken';
    if (isObject(properties)) return HUNTING_CATEGORY.test(category) ? 'hunting-table' : 'other-table';
  }
  const { Type, ActionType } = record;
  if (Type === 'DeviceNetworkEvents') return record;
  if (typeof Type === 'string' && !Type.endsWith('_CL'))
    return HUNTING_TABLE.test(Type) ? 'hunting-table' : 'other-table';
  return typeof ActionType === 'string' && ('DeviceName' in record || 'DeviceId' in record) ? record : null;
}

function isOurs(category: string): boolean {
  return category === CATEGORY || /^(?:advancedhunting-)?devicenetworkevents$/i.test(category);
}

/** The record is of another table; 'broken': it is of this table, but cannot be read. */
type NoRow = 'hunting-table' | 'other-table' | 'broken';

const NO_ROW: Readonly<Record<NoRow, Reading>> = {
  'hunting-table': { kind: 'skipped' },
  'other-table': { kind: 'skipped', of: 'other-table' },
  broken: fault('bad-field', 'properties'),
};

/** The reading of a record without a row. */
export function noRow(why: NoRow | null): Reading {
  return why === null ? { kind: 'unknown' } : NO_ROW[why];
}

/** Gives the count and the identity of a row. */
type Counted = (report: Pick<Report, 'DeviceName' | 'Timestamp'>) => Pick<Report, 'count' | 'identity'>;

/** The report of a row. Names stay unchanged: the rule's query compares them with case. */
export function readRow(row: JsonRow, source: Source, counted: Counted): Reading {
  const Timestamp = readInstant(row['Timestamp'] ?? row['TimeGenerated']);
  if (Timestamp === null) {
    return fault('bad-time', row['Timestamp'] == null && row['TimeGenerated'] != null ? 'TimeGenerated' : 'Timestamp');
  }

  const DeviceName = nameOf(row['DeviceName']);
  const InitiatingProcessFileName = nameOf(row['InitiatingProcessFileName']);
  const RemoteIP = nameOf(row['RemoteIP']);
  if (DeviceName === null) return fault('bad-field', 'DeviceName');
  if (InitiatingProcessFileName === null) return fault('bad-field', 'InitiatingProcessFileName');
  if (RemoteIP === null) return fault('bad-field', 'RemoteIP');
  if (DeviceName.length > MAX_NAME_LENGTH) return fault('name-too-long', 'DeviceName');
  if (InitiatingProcessFileName.length > MAX_NAME_LENGTH) return fault('name-too-long', 'InitiatingProcessFileName');
  if (RemoteIP.length > MAX_NAME_LENGTH) return fault('name-too-long', 'RemoteIP');
  if (!isStored(RemoteIP)) {
    return row['RemoteIP'] === undefined ? { kind: 'excluded', lacks: ['RemoteIP'] } : { kind: 'excluded' };
  }
  const { count, identity } = counted({ DeviceName, Timestamp });
  const report = {
    source,
    DeviceName,
    InitiatingProcessFileName,
    RemoteIP,
    Timestamp,
    count,
    identity,
    facts: factsOf(row),
  };
  // A report with all three lacks nothing.
  if (DeviceName !== '' && InitiatingProcessFileName !== '' && count !== null) return { kind: 'report', report };
  const lacks = NEEDED.filter((name) => row[name] === undefined);
  return lacks.length === 0 ? { kind: 'report', report } : { kind: 'report', report, lacks };
}

const NEEDED: readonly Needed[] = ['DeviceName', 'InitiatingProcessFileName', 'AdditionalFields'];

/** A name of a group key: text unchanged; '' for null and absent, as Kusto's string has no null; null for another type. */
function nameOf(value: unknown): string | null {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : null;
}

function factsOf(row: JsonRow): Facts {
  const facts: Record<string, string | number> = {};
  for (const name of TEXT_FACTS) {
    const value = row[name];
    if (typeof value === 'string' && value !== '') {
      facts[name] = value.length > MAX_FACT_LENGTH ? value.slice(0, MAX_FACT_LENGTH) : value;
    }
  }
  const process = row['InitiatingProcessId'];
  if (typeof process === 'number') facts['InitiatingProcessId'] = String(process);
  const port = toint(row['RemotePort']);
  if (port !== null && port >= 0 && port <= 65_535) facts['RemotePort'] = port;
  return facts;
}
