import { timestampOf } from '../kql/timestamp.ts';
import { toint } from '../kql/toint.ts';
import type { Reading } from '../records/reading.ts';
import {
  type Facts,
  MAX_FACT_LENGTH,
  MAX_NAME_LENGTH,
  type Report,
  type Source,
  TEXT_FACTS,
} from '../records/report.ts';
import { isInScope } from './in_scope.ts';
import { fault, isObject, type JsonRow } from './row.ts';

/**
 * The row of DeviceNetworkEvents in a record: in the Streaming API's envelope, or flat, as Log Analytics and the portal
 * write it. 'foreign': a row of another table. 'broken': a row of this table that cannot be read. null: no such record.
 */
export function rowOf(record: JsonRow): JsonRow | 'foreign' | 'broken' | null {
  const { category, properties } = record;
  if (typeof category === 'string' && properties !== undefined) {
    const ours = /^(?:advancedhunting-)?devicenetworkevents$/i.test(category);
    if (isObject(properties)) return ours ? properties : 'foreign';
    if (ours) return 'broken';
  }
  const { Type, ActionType } = record;
  if (typeof Type === 'string') return Type === 'DeviceNetworkEvents' ? record : 'foreign';
  return typeof ActionType === 'string' && ('DeviceName' in record || 'DeviceId' in record) ? record : null;
}

/** Gives the count and the identity of a row. */
type Counted = (report: Pick<Report, 'DeviceName' | 'Timestamp'>) => Pick<Report, 'count' | 'identity'>;

/** The report of a row. Names stay unchanged: the rule's query compares them with case. */
export function readRow(row: JsonRow, source: Source, counted: Counted): Reading {
  const time = row['Timestamp'] ?? row['TimeGenerated'];
  const Timestamp = typeof time === 'string' ? timestampOf(time) : null;
  if (Timestamp === null) return fault('bad-time');

  const DeviceName = nameOf(row['DeviceName']);
  const InitiatingProcessFileName = nameOf(row['InitiatingProcessFileName']);
  const RemoteIP = nameOf(row['RemoteIP']);
  if (DeviceName === null || InitiatingProcessFileName === null || RemoteIP === null) return fault('bad-field');
  if (Math.max(DeviceName.length, InitiatingProcessFileName.length, RemoteIP.length) > MAX_NAME_LENGTH) {
    return fault('name-too-long');
  }
  if (!isInScope(RemoteIP)) return { kind: 'excluded' };
  const { count, identity } = counted({ DeviceName, Timestamp });
  return {
    kind: 'report',
    report: {
      source,
      DeviceName,
      InitiatingProcessFileName,
      RemoteIP,
      Timestamp,
      count,
      identity,
      facts: factsOf(row),
    },
  };
}

/** A name of a group key: text unchanged; '' for null and absent, as Kusto's string has no null; null for another type. */
function nameOf(value: unknown): string | null {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : null;
}

function factsOf(row: JsonRow): Facts {
  const facts: Record<string, string | number> = {};
  for (const name of TEXT_FACTS) {
    const value = row[name];
    if (typeof value === 'string' && value !== '') facts[name] = value.slice(0, MAX_FACT_LENGTH);
  }
  const port = toint(row['RemotePort']);
  if (port !== null && port >= 0 && port <= 65_535) facts['RemotePort'] = port;
  return facts;
}
