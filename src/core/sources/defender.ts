import { identityOf } from '../identity.ts';
import { parse_json } from '../kql/parse_json.ts';
import { toint } from '../kql/toint.ts';
import type { Fault, Format, Reading } from '../reading.ts';
import { isLookedAt } from '../remote.ts';
import { type Facts, MAX_FACT_LENGTH, MAX_NAME_LENGTH } from '../report.ts';
import { timestampOf } from '../timestamp.ts';

type Row = Readonly<Record<string, unknown>>;

/** DeviceNetworkEvents of Defender for Endpoint: its hourly aggregated reports. */
export const defender: Format = {
  // Part of the ActionType, and of the member that holds the count: a report whose ActionType is spelt in another case
  // is found by its count.
  needle: 'Aggregated',
  read(record) {
    const row = rowOf(record as Row);
    if (row === null) return { kind: 'unknown' };
    if (row === 'broken') return fault('bad-field');
    if (row === 'foreign' || !isAggregatedReport(row['ActionType'])) return { kind: 'skipped' };
    return readReport(row);
  },
};

/**
 * The table's row in a record: in the Streaming API's envelope, or flat; 'foreign' where it is of another table, 'broken'
 * where it is of ours and cannot be read, null where it is no such record.
 */
function rowOf(record: Row): Row | 'foreign' | 'broken' | null {
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

/** `ActionType endswith "AggregatedReport"`; endswith ignores case. */
function isAggregatedReport(actionType: unknown): actionType is string {
  return typeof actionType === 'string' && actionType.toLowerCase().endsWith('aggregatedreport');
}

function readReport(row: Row): Reading {
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
  if (!isLookedAt(RemoteIP)) return { kind: 'excluded' };

  const ActionType = row['ActionType'] as string;
  const count = countOf(row['AdditionalFields']);
  const { DeviceId, ReportId, RemotePort, LocalIP } = row;
  const parts = { DeviceId, DeviceName, Timestamp, ReportId, ActionType, RemotePort, LocalIP, count };
  return {
    kind: 'report',
    report: {
      source: 'defender',
      DeviceName,
      InitiatingProcessFileName,
      RemoteIP,
      Timestamp,
      count,
      identity: identityOf(parts, row),
      facts: factsOf(row),
    },
  };
}

/** `toint(parse_json(AdditionalFields).uniqueEventsAggregated)` */
function countOf(additionalFields: unknown): number | null {
  const fields = parse_json(additionalFields);
  return isObject(fields) ? toint(fields['uniqueEventsAggregated']) : null;
}

/** A group name: text as it stands; '' for null and absent, as Kusto's string has no null; null where it is no text. */
function nameOf(value: unknown): string | null {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : null;
}

const TEXT_FACTS = [
  'ActionType',
  'LocalIP',
  'InitiatingProcessSHA1',
  'InitiatingProcessSHA256',
  'InitiatingProcessFolderPath',
  'InitiatingProcessAccountName',
  'RemoteUrl',
] as const satisfies readonly (keyof Facts)[];

function factsOf(row: Row): Facts {
  const facts: Record<string, string | number> = {};
  for (const name of TEXT_FACTS) {
    const value = row[name];
    if (typeof value === 'string' && value !== '') facts[name] = value.slice(0, MAX_FACT_LENGTH);
  }
  const port = toint(row['RemotePort']);
  if (port !== null && port >= 0 && port <= 65_535) facts['RemotePort'] = port;
  return facts;
}

function fault(fault: Fault): Reading {
  return { kind: 'fault', fault };
}

function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
