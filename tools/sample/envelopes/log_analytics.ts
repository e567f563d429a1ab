import { computerOf } from '../spelling.ts';
import type { SampleWindowsEvent } from '../windows_event.ts';
import type { Carrier } from './carrier.ts';
import { eventDataXml } from './event_data_xml.ts';
import { hourFolders, isoTime, tickTime } from './times.ts';

const WORKSPACE_ID = '99999999-8888-7777-6666-555555555555';
const WORKSPACE =
  'subscriptions/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/resourcegroups/soc/providers/microsoft.operationalinsights/workspaces/soc';
const FIVE_MINUTES_MS = 300_000;

/** The container of a table. Container names have no capitals. */
export function containerOf(table: string): string {
  return `am-${table.toLowerCase()}`;
}

/**
 * The blob of a row by its TimeGenerated: one blob per five minutes. Microsoft, "Log Analytics workspace data export in
 * Azure Monitor".
 */
export function blobOf(ms: number): string {
  const slot = ms - (ms % FIVE_MINUTES_MS);
  return `WorkspaceResourceId=/${WORKSPACE}/${hourFolders(slot)}/m=${isoTime(slot).slice(14, 16)}/PT05M.json`;
}

/** The columns of every row of a workspace. */
export function commonColumns(table: string) {
  return { TenantId: WORKSPACE_ID, Type: table };
}

/** Table `Event`: any Windows log, EventData as XML in the agent's `DataItem`. */
export const event: Carrier = {
  container: containerOf('Event'),
  placeOf: ({ createdMs }) => blobOf(createdMs),
  recordOf: ({ log, id, task, createdMs, device, data }) => ({
    TimeGenerated: isoTime(createdMs),
    ...commonColumns('Event'),
    Source: log.provider,
    EventLog: log.channel,
    Computer: computerOf(device),
    EventID: id,
    EventLevel: 4,
    EventLevelName: 'Information',
    EventCategory: task,
    UserName: 'NT AUTHORITY\\SYSTEM',
    EventData:
      `<DataItem type="System.XmlData" time="${isoTime(createdMs).slice(0, -1)}0000Z" ` +
      `sourceHealthServiceId="00000000-0000-0000-0000-000000000000">${eventDataXml(data)}</DataItem>`,
  }),
};

/** Table `WindowsEvent`: forwarded events, EventData as an object of texts. */
export const windowsEvent: Carrier = {
  container: containerOf('WindowsEvent'),
  placeOf: ({ collectedMs }) => blobOf(collectedMs),
  recordOf: ({ log, id, version, task, createdMs, collectedMs, device, serviceId, threadId, recordId, data }) => ({
    TimeGenerated: isoTime(collectedMs),
    TimeCreated: isoTime(createdMs),
    ...commonColumns('WindowsEvent'),
    Provider: log.provider,
    Channel: log.channel,
    Computer: computerOf(device),
    EventID: id,
    EventLevel: 4,
    EventLevelName: 'Information',
    Task: task,
    Opcode: '0',
    Keywords: `0x${log.keywords}`,
    Version: version,
    SystemProcessId: serviceId,
    SystemThreadId: threadId,
    EventRecordId: String(recordId),
    EventData: Object.fromEntries(data),
  }),
};

/** Table `SecurityEvent`: the Security log; fields without a column are in EventData, XML over several lines. */
export const securityEvent: Carrier = {
  container: containerOf('SecurityEvent'),
  placeOf: ({ createdMs }) => blobOf(createdMs),
  recordOf: (logged) => ({
    TimeGenerated: tickTime(logged.createdMs, ticksOf(logged)),
    ...commonColumns('SecurityEvent'),
    Computer: computerOf(logged.device),
    EventID: logged.id,
    EventSourceName: logged.log.provider,
    Channel: logged.log.channel,
    Task: logged.task,
    Level: '0',
    Activity: `${logged.id} - ${logged.title}`,
    EventData: eventDataXml(logged.data, '\r\n  ', '\r\n'),
  }),
};

/** The table has no record number: the ticks distinguish two events of one millisecond. */
function ticksOf({ recordId }: SampleWindowsEvent): number {
  return (recordId * 7_919) % 10_000;
}
