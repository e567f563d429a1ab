import { computerOf } from '../spelling.ts';
import type { SampleWindowsEvent } from '../windows_event.ts';
import type { Carrier } from './carrier.ts';
import { hourName, isoTime, localTime } from './times.ts';

/** Time zones of the devices, in hours ahead of UTC. NXLog writes local times. */
const ZONES = [-5, 1, 9] as const;

/**
 * Flat JSON of NXLog. Sysmon's events as `im_msvistalog` writes them, events of the Security log in the form of newer
 * exports.
 */
export const nxlog: Carrier = {
  container: 'nxlog',
  placeOf: ({ collectedMs }) => `${hourName(collectedMs)}.ndjson`,
  recordOf: (event) => (event.log.channel === 'Security' ? newer(event) : older(event)),
};

function older({ log, id, version, task, createdMs, collectedMs, ...event }: SampleWindowsEvent): object {
  const { RuleName, UtcTime, ...data } = Object.fromEntries(event.data);
  // Some records have only the process that wrote the log.
  if (event.recordId % 50 === 0) delete data['ProcessId'];
  const zone = ZONES[event.device.index % ZONES.length] as number;
  return {
    EventID: id,
    SourceName: log.provider,
    Channel: log.channel,
    Hostname: computerOf(event.device),
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
    Hostname: computerOf(device).split('.')[0],
    TimeCreated: isoTime(createdMs),
    '@timestamp': isoTime(createdMs),
    Level: '0',
    Task: String(task),
    Keywords: `0x${log.keywords}`,
    ...Object.fromEntries(data),
    Message: title,
  };
}
