import type { Device } from '../device.ts';
import type { SampleWindowsEvent } from '../windows_event.ts';
import type { Carrier } from './carrier.ts';
import { hourName, isoTime, localTime } from './times.ts';

/** Where the devices stand: hours ahead of UTC. NXLog writes times on the device's own clock. */
const ZONES = [-5, 1, 9] as const;

/**
 * NXLog's JSON: everything on one level. Sysmon's events as `im_msvistalog` writes them, those of the Security log in
 * the form of newer exports.
 */
export const nxlog: Carrier = {
  container: 'nxlog',
  placeOf: ({ collectedMs }) => `${hourName(collectedMs)}.ndjson`,
  recordOf: (event) => (event.log.channel === 'Security' ? newer(event) : older(event)),
};

function older({ log, id, version, task, createdMs, collectedMs, ...event }: SampleWindowsEvent): object {
  const { RuleName, UtcTime, ...data } = Object.fromEntries(event.data);
  // Some records say only which process wrote the log.
  if (event.recordId % 50 === 0) delete data['ProcessId'];
  const zone = ZONES[event.device.index % ZONES.length] as number;
  return {
    EventID: id,
    SourceName: log.provider,
    Channel: log.channel,
    Hostname: hostName(event.device),
    host: 'wec.corp.example',
    EventTime: localTime(createdMs, zone),
    EventReceivedTime: localTime(collectedMs, zone),
    '@timestamp': isoTime(collectedMs),
    UtcTime,
    ExecutionProcessID: event.serviceId,
    ThreadID: event.threadId,
    ...data,
    RuleName,
    SourceModuleType: 'im_msvistalog',
    RecordNumber: event.recordId,
    Task: task,
    Version: version,
    tags: ['mordorDataset'],
  };
}

function newer({ log, id, task, createdMs, device, data, title }: SampleWindowsEvent): object {
  return {
    EventID: id,
    SourceName: log.provider,
    Channel: log.channel,
    Hostname: hostName(device).split('.')[0],
    TimeCreated: isoTime(createdMs),
    '@timestamp': isoTime(createdMs),
    Level: '0',
    Task: String(task),
    Keywords: `0x${log.keywords}`,
    ...Object.fromEntries(data),
    Message: title,
  };
}

/** As Windows has it: the name in capitals, the domain as it was typed. */
function hostName({ name }: Device): string {
  return name.replace(/^[^.]+/, (host) => host.toUpperCase());
}
