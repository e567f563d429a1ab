import { Buffer } from 'node:buffer';
import type { Device } from './device.ts';
import { fullInstant } from './instant.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import { SECOND_MS } from './span.ts';

/** The values that differ between rows of the table. */
export interface SampleRow {
  readonly device: Device;
  readonly timestamp: string;
  readonly reportId: number;
  readonly actionType: string;
  /** Null if the sensor saw only the network. */
  readonly process: Process | null;
  readonly remoteIP: string | null;
  readonly remotePort: number | null;
  readonly remoteUrl: string | null;
  readonly localIP: string | null;
  readonly localPort: number | null;
  readonly protocol: string;
  /** Mostly JSON text; at times the exporter writes the object itself. */
  readonly additionalFields: string | object | null;
}

/**
 * The JSON of a DeviceNetworkEvents row with all columns, nulls included: the `properties` of a record.
 *
 * Columns: Microsoft, DeviceNetworkEvents in the advanced hunting schema, and the additional columns of the export.
 */
export function propertiesOf(row: SampleRow): string {
  const { device, process } = row;
  const filled: Columns = {
    DeviceName: device.name,
    DeviceId: device.id,
    ReportId: row.reportId,
    RemoteIP: row.remoteIP,
    RemotePort: row.remotePort,
    LocalIP: row.localIP,
    LocalPort: row.localPort,
    Protocol: row.protocol,
    RemoteUrl: row.remoteUrl,
    LocalIPType: ipTypeOf(row.localIP),
    RemoteIPType: ipTypeOf(row.remoteIP),
    ActionType: row.actionType,
    AdditionalFields: row.additionalFields,
    IsInitiatingProcessRemoteSession: false,
    Timestamp: row.timestamp,
    MachineGroup: device.machineGroup,
  };
  // EMPTY comes first, so it sets the order of the columns.
  return JSON.stringify({ ...EMPTY, ...filled, ...(process === null ? {} : processColumns(process)) });
}

/**
 * One line of an export: the row in the envelope of the Streaming API, with CRLF. `deliveredMs` is the time of delivery,
 * the only difference between two deliveries of one row.
 */
export function lineOf(properties: string, tenantId: string, deliveredMs: number, random: Random): Buffer {
  const time = fullInstant(deliveredMs, random);
  const received = fullInstant(deliveredMs - random.int(SECOND_MS, 120 * SECOND_MS), random);
  // At times the zone is missing.
  const zone = random.chance(0.1) ? '' : 'Z';
  return Buffer.from(
    `{"time":"${time}","tenantId":"${tenantId}","operationName":"Publish",` +
      `"category":"AdvancedHunting-DeviceNetworkEvents","_TimeReceivedBySvc":"${received.slice(0, -1)}${zone}",` +
      `"properties":${properties},"Tenant":"DefaultTenant"}\r\n`,
  );
}

type Columns = Partial<Record<(typeof COLUMNS)[number], string | number | boolean | object | null>>;

function processColumns({ program, user, ...process }: Process): Columns {
  return {
    InitiatingProcessCreationTime: process.created,
    InitiatingProcessId: process.id,
    InitiatingProcessCommandLine: program.commandLine,
    InitiatingProcessParentCreationTime: process.parentCreated,
    InitiatingProcessParentId: process.parentId,
    InitiatingProcessParentFileName: program.parent,
    InitiatingProcessSHA1: program.sha1,
    InitiatingProcessMD5: program.md5,
    InitiatingProcessFolderPath: program.path,
    InitiatingProcessAccountName: user.name,
    InitiatingProcessAccountDomain: user.domain,
    InitiatingProcessAccountSid: user.sid,
    InitiatingProcessAccountUpn: user.upn,
    InitiatingProcessFileName: program.fileName,
    InitiatingProcessIntegrityLevel: program.runBy === 'system' ? 'System' : 'Medium',
    InitiatingProcessTokenElevation: 'TokenElevationTypeDefault',
    InitiatingProcessFileSize: program.size,
    InitiatingProcessVersionInfoCompanyName: program.company,
    InitiatingProcessVersionInfoProductName: program.product,
    InitiatingProcessVersionInfoProductVersion: program.version,
    InitiatingProcessVersionInfoOriginalFileName: program.version === null ? null : program.fileName,
    InitiatingProcessSessionId: process.sessionId,
    InitiatingProcessUniqueId: process.uniqueId,
  };
}

const COLUMNS = [
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
] as const;

const EMPTY: Columns = Object.fromEntries(COLUMNS.map((column) => [column, null]));

const PRIVATE = /^(?:10\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|169\.254\.|fe80:)/;

function ipTypeOf(ip: string | null): string | null {
  if (ip === null || ip === '' || ip === '-') return null;
  if (ip.startsWith('127.') || ip === '::1') return 'Loopback';
  return PRIVATE.test(ip) ? 'Private' : 'Public';
}
