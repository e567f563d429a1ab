import { Buffer } from 'node:buffer';
import { stringify } from 'csv-stringify/sync';
import type { Append } from '../appends.ts';
import type { Plan } from '../plan.ts';
import { type SampleTableRow, tableHours } from '../table_hours.ts';

export const PORTAL_FOLDER = 'advanced-hunting';

/** Limit of rows of a CSV from the portal. */
const MOST_ROWS = 10_000;

/** All rows of DeviceNetworkEvents as CSV from the portal, in as many files as its limit requires. */
export function* portalFiles(plan: Plan): Generator<Append> {
  let file = 0;
  let room = 0;
  for (const { rows } of tableHours(plan)) {
    for (let from = 0; from < rows.length; ) {
      const first = room === 0;
      if (first) {
        file++;
        room = MOST_ROWS;
      }
      const taken = rows.slice(from, from + room);
      from += taken.length;
      room -= taken.length;
      const lines = taken.map(({ row }) => line(COLUMNS.map((column) => cell(row[column]))));
      yield {
        container: PORTAL_FOLDER,
        name: `DeviceNetworkEvents-${String(file).padStart(3, '0')}.csv`,
        lines: first ? [HEAD, ...lines] : lines,
        reports: taken.filter(({ sent }) => sent.isReport).length,
        duplicates: 0,
        late: 0,
        unreadable: [],
      };
    }
  }
}

function line(cells: readonly string[]): Buffer {
  return Buffer.from(stringify([cells], { record_delimiter: 'windows' }));
}

function cell(value: SampleTableRow[string]): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The columns of DeviceNetworkEvents in the order of the advanced hunting schema (Microsoft). */
const COLUMNS = [
  'Timestamp',
  'DeviceId',
  'DeviceName',
  'ActionType',
  'RemoteIP',
  'RemotePort',
  'RemoteUrl',
  'LocalIP',
  'LocalPort',
  'Protocol',
  'LocalIPType',
  'RemoteIPType',
  'InitiatingProcessSHA1',
  'InitiatingProcessSHA256',
  'InitiatingProcessMD5',
  'InitiatingProcessFileName',
  'InitiatingProcessFileSize',
  'InitiatingProcessVersionInfoCompanyName',
  'InitiatingProcessVersionInfoProductName',
  'InitiatingProcessVersionInfoProductVersion',
  'InitiatingProcessVersionInfoInternalFileName',
  'InitiatingProcessVersionInfoOriginalFileName',
  'InitiatingProcessVersionInfoFileDescription',
  'InitiatingProcessId',
  'InitiatingProcessCommandLine',
  'InitiatingProcessCreationTime',
  'InitiatingProcessFolderPath',
  'InitiatingProcessParentFileName',
  'InitiatingProcessParentId',
  'InitiatingProcessParentCreationTime',
  'InitiatingProcessAccountDomain',
  'InitiatingProcessAccountName',
  'InitiatingProcessAccountSid',
  'InitiatingProcessAccountUpn',
  'InitiatingProcessAccountObjectId',
  'InitiatingProcessIntegrityLevel',
  'InitiatingProcessTokenElevation',
  'ReportId',
  'AppGuardContainerId',
  'AdditionalFields',
  'InitiatingProcessSessionId',
  'IsInitiatingProcessRemoteSession',
  'InitiatingProcessRemoteSessionDeviceName',
  'InitiatingProcessRemoteSessionIP',
  'InitiatingProcessUniqueId',
  'MachineGroup',
] as const;

/** The header, after a byte order mark as the portal writes it. */
const HEAD = Buffer.concat([Buffer.from('\ufeff'), line(COLUMNS)]);
