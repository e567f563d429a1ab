import { expect, test } from 'vitest';
import { rowOf } from '../../../support/sample/rule.ts';
import { recordOf, rowsOf, tenant } from '../../../support/sample/tenant.ts';

/** Keys of one line of the Streaming API's DeviceNetworkEvents export, in its order. */
const RECORD_KEYS = ['time', 'tenantId', 'operationName', 'category', '_TimeReceivedBySvc', 'properties', 'Tenant'];
const PROPERTIES_KEYS = [
  'DeviceName',
  'DeviceId',
  'ReportId',
  'RemoteIP',
  'RemotePort',
  'LocalIP',
  'LocalPort',
  'Protocol',
  'RemoteUrl',
  'InitiatingProcessCreationTime',
  'InitiatingProcessId',
  'InitiatingProcessCommandLine',
  'InitiatingProcessParentCreationTime',
  'InitiatingProcessParentId',
  'InitiatingProcessParentFileName',
  'InitiatingProcessSHA1',
  'InitiatingProcessMD5',
  'InitiatingProcessFolderPath',
  'InitiatingProcessAccountName',
  'InitiatingProcessAccountDomain',
  'InitiatingProcessAccountSid',
  'InitiatingProcessFileName',
  'InitiatingProcessIntegrityLevel',
  'InitiatingProcessTokenElevation',
  'AppGuardContainerId',
  'LocalIPType',
  'RemoteIPType',
  'ActionType',
  'InitiatingProcessSHA256',
  'InitiatingProcessAccountUpn',
  'InitiatingProcessAccountObjectId',
  'AdditionalFields',
  'InitiatingProcessFileSize',
  'InitiatingProcessVersionInfoCompanyName',
  'InitiatingProcessVersionInfoProductName',
  'InitiatingProcessVersionInfoProductVersion',
  'InitiatingProcessVersionInfoInternalFileName',
  'InitiatingProcessVersionInfoOriginalFileName',
  'InitiatingProcessVersionInfoFileDescription',
  'InitiatingProcessSessionId',
  'IsInitiatingProcessRemoteSession',
  'InitiatingProcessRemoteSessionDeviceName',
  'InitiatingProcessRemoteSessionIP',
  'InitiatingProcessUniqueId',
  'Timestamp',
  'MachineGroup',
];

const sample = tenant({ devices: 5 });
const records = sample.lines.filter(rowOf).map(recordOf);
const rows = rowsOf(sample);

test('each record has all keys of the envelope, in their order', () => {
  for (const record of records) expect(Object.keys(record)).toEqual(RECORD_KEYS);
});

test('each row has all columns, in their order, nulls included', () => {
  for (const row of rows) expect(Object.keys(row)).toEqual(PROPERTIES_KEYS);
});

test('an aggregated report is a row like others, with a count in AdditionalFields', () => {
  const report = rows.find(
    (row) => row['InitiatingProcessFileName'] === 'acme-updater.exe' && row['LocalPort'] === null,
  );
  expect(report).toMatchObject({
    DeviceName: expect.stringMatching(/^(srv|wks)-\d{4}\.corp\.example$/),
    DeviceId: expect.stringMatching(/^[0-9a-f]{40}$/),
    ReportId: expect.any(Number),
    RemoteIP: '198.51.100.20',
    RemotePort: 443,
    RemoteIPType: 'Public',
    LocalIPType: 'Private',
    Protocol: 'Tcp',
    ActionType: 'ConnectionSuccessAggregatedReport',
    AdditionalFields: expect.stringMatching(/^\{"uniqueEventsAggregated":\d+\}$/),
    InitiatingProcessFolderPath: 'c:\\program files\\acme\\acme-updater.exe',
    InitiatingProcessCommandLine: '"acme-updater.exe" --quiet',
    InitiatingProcessSHA1: expect.stringMatching(/^[0-9a-f]{40}$/),
    InitiatingProcessAccountName: 'system',
    InitiatingProcessSHA256: null,
  });
});

test('the action types are those of DeviceNetworkEvents, both aggregated ones among them', () => {
  const types = new Set(rows.map((row) => String(row['ActionType'])));
  expect(types).toContain('ConnectionSuccessAggregatedReport');
  expect(types).toContain('ConnectionFailedAggregatedReport');
  expect(types).toContain('ConnectionSuccess');
  expect(types).toContain('DnsConnectionInspected');
  expect([...types].every((type) => /Connection|NetworkSignatureInspected/.test(type))).toBe(true);
});

test('a ReportId comes back, but never with the same time on the same device', () => {
  const reportIds = new Set(rows.map((row) => `${row['DeviceId']} ${row['ReportId']}`));
  const full = new Set(rows.map((row) => `${row['DeviceId']} ${row['ReportId']} ${row['Timestamp']}`));
  const distinct = new Set(rows.map((row) => JSON.stringify(row)));
  expect(full.size).toBe(distinct.size);
  expect(reportIds.size).toBeLessThanOrEqual(full.size);
});

test('inspected connections have no process', () => {
  const inspected = rows.filter((row) => String(row['ActionType']).endsWith('Inspected'));
  expect(inspected.length).toBeGreaterThan(0);
  expect(inspected.every((row) => row['InitiatingProcessFileName'] === null)).toBe(true);
});
