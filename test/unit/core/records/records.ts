/** One report as Defender exports it, and the same report by the other route. Fictional, frozen. */

export type Row = Readonly<Record<string, unknown>>;

/** Frozen to the bottom: nobody may change what a caller owns. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}

const PROPERTIES: Row = frozen({
  DeviceName: 'wks-0417.corp.example',
  DeviceId: '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c',
  ReportId: 48213,
  RemoteIP: '203.0.113.77',
  RemotePort: 443,
  LocalIP: '192.0.2.40',
  LocalPort: null,
  Protocol: 'Tcp',
  RemoteUrl: null,
  InitiatingProcessSHA1: '3f786850e387550fdab836ed7e6dc881de23001b',
  InitiatingProcessSHA256: null,
  InitiatingProcessFolderPath: 'c:\\program files\\acme\\updater.exe',
  InitiatingProcessAccountName: 'system',
  InitiatingProcessFileName: 'updater.exe',
  ActionType: 'ConnectionSuccessAggregatedReport',
  AdditionalFields: '{"uniqueEventsAggregated":60}',
  Timestamp: '2026-11-20T08:59:58.9931Z',
});

/** The row in the Streaming API's envelope; a change to undefined takes the column away. */
export function propertiesOf(changes: Row = {}): Row {
  return without({ ...PROPERTIES, ...changes });
}

export function streamed(changes: Row = {}, envelope: Row = {}): Row {
  return without({
    time: '2026-11-20T09:07:41.1830042Z',
    tenantId: '11111111-2222-3333-4444-555555555555',
    operationName: 'Publish',
    category: 'AdvancedHunting-DeviceNetworkEvents',
    _TimeReceivedBySvc: '2026-11-20T09:06:02.4410000Z',
    properties: propertiesOf(changes),
    Tenant: 'DefaultTenant',
    ...envelope,
  });
}

/** The same report as a Log Analytics export rule writes it: flat, its time by another name, the dynamic column as an object. */
export function flat(changes: Row = {}): Row {
  const { Timestamp, AdditionalFields, ...columns } = PROPERTIES;
  return without({
    TimeGenerated: Timestamp,
    TenantId: '99999999-8888-7777-6666-555555555555',
    Type: 'DeviceNetworkEvents',
    SourceSystem: '',
    AdditionalFields: JSON.parse(AdditionalFields as string),
    ...columns,
    RemoteUrl: '',
    ...changes,
  });
}

function without(row: Row): Row {
  return frozen(Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)));
}

/** `length` arrays, one in the other. */
export function nested(length: number): string {
  return '['.repeat(length) + ']'.repeat(length);
}
