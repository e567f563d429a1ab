import { MINUTE_MS } from '../../src/core/kql/timespan.ts';
import { connectionsOf, type PlannedConnection } from './connections.ts';
import type { Device } from './device.ts';
import { ANSWERS, type Inbound, inboundOf } from './inbound.ts';
import { logWriter } from './log_writer.ts';
import type { Plan } from './plan.ts';
import { type Process, processesOf } from './process.ts';
import type { Random } from './random.ts';
import { accountOf, addressOf, computerOf, imageOf, isIpv6 } from './spelling.ts';
import type { EventLog, Happening, LogWriter, SampleWindowsEvent } from './windows_event.ts';

const LOG: EventLog = {
  provider: 'Microsoft-Windows-Sysmon',
  channel: 'Microsoft-Windows-Sysmon/Operational',
  keywords: '8000000000000000',
};

type Data = SampleWindowsEvent['data'];

/**
 * Sysmon's log of one device: event 3 for each connection, inbound ones too, and between them the events 1 (a process
 * starts) and 22 (a DNS query). UtcTime is the time of the connection; one device in eight is minutes behind, unless the
 * plan is plain.
 *
 * The sample also has failed connections. It is not documented whether Sysmon logs them.
 */
export function sysmonLog(plan: Plan, device: Device): LogWriter {
  const running = processesOf(plan, device);
  const groups = plan.traffic[device.index] ?? [];
  const behindMs = device.nearFullHour && !plan.plain ? 3 * MINUTE_MS : 0;
  return logWriter(plan, device, LOG, function* (hour, random) {
    for (const [index, { program }] of groups.entries()) {
      for (const made of connectionsOf(plan, device, index, running(program), hour)) {
        const utc = ['UtcTime', utcTime(made.atMs - behindMs)] as const;
        if (random.chance(0.02)) yield started(made, device, utc, random);
        if (random.chance(0.1)) yield lookedUp(made, device, utc, random);
        yield connected(made, device, utc, random);
      }
    }
    for (const caller of inboundOf(plan, device, hour)) yield called(caller, device, random);
  });
}

function connected(made: PlannedConnection, device: Device, utc: Data[number], random: Random): Happening {
  const { process, atMs } = made;
  const remoteIP = addressOf(made.remoteIP, random);
  // Both ends of a connection have the same address family.
  const mapped = remoteIP.toLowerCase().includes(':ffff:');
  const from = { ip: mapped ? `::ffff:${made.localIP}` : made.localIP, host: computerOf(device), port: made.localPort };
  const to = { ip: remoteIP, host: '-', port: made.remotePort };
  const data = [rule(random), utc, ...actor(process, device, random), ...ends(made.protocol, true, from, to)];
  return { ...CONNECTED, atMs, counts: true, data };
}

/**
 * An inbound connection. Either end may be logged as the source, and the UDP answers of a server are at times logged as
 * outbound connections.
 */
function called(caller: Inbound, device: Device, random: Random): Happening {
  const { atMs, protocol } = caller;
  const far = { ip: caller.remoteIP, host: '-', port: caller.remotePort };
  const near = { ip: caller.localIP, host: computerOf(device), port: caller.localPort };
  const isAnswer = protocol === 'udp' && random.chance(ANSWERS);
  const [from, to] = isAnswer || random.chance(0.5) ? [near, far] : [far, near];
  const service: Data = [
    ['ProcessGuid', guid(device, 1_204)],
    ['ProcessId', '1204'],
    ['Image', 'C:\\Windows\\System32\\svchost.exe'],
    ['User', 'NT AUTHORITY\\NETWORK SERVICE'],
  ];
  const data = [rule(random), ['UtcTime', utcTime(atMs)] as const, ...service, ...ends(protocol, isAnswer, from, to)];
  return { ...CONNECTED, atMs, counts: false, data };
}

const CONNECTED = { id: 3, version: 5, task: 3, title: 'Network connection detected' } as const;

interface End {
  readonly ip: string;
  readonly host: string;
  readonly port: number;
}

function ends(protocol: string, initiated: boolean, from: End, to: End): Data {
  return [
    ['Protocol', protocol],
    ['Initiated', String(initiated)],
    ['SourceIsIpv6', String(isIpv6(from.ip))],
    ['SourceIp', from.ip],
    ['SourceHostname', from.host],
    ['SourcePort', String(from.port)],
    ['SourcePortName', '-'],
    ['DestinationIsIpv6', String(isIpv6(to.ip))],
    ['DestinationIp', to.ip],
    ['DestinationHostname', to.host],
    ['DestinationPort', String(to.port)],
    ['DestinationPortName', to.port === 443 ? 'https' : '-'],
  ];
}

function started({ process, atMs }: PlannedConnection, device: Device, utc: Data[number], random: Random): Happening {
  const { program, user } = process;
  const text = (value: string | null) => value ?? '-';
  const data: Data = [
    rule(random),
    utc,
    ['ProcessGuid', guid(device, process.id)],
    ['ProcessId', String(process.id)],
    ['Image', imageOf(program, random)],
    ['FileVersion', text(program.version)],
    ['Description', '-'],
    ['Product', text(program.product)],
    ['Company', text(program.company)],
    ['OriginalFileName', '-'],
    ['CommandLine', text(program.commandLine)],
    ['CurrentDirectory', 'C:\\Windows\\system32\\'],
    ['User', accountOf(user)],
    ['LogonGuid', guid(device, 0)],
    ['LogonId', '0x3e7'],
    ['TerminalSessionId', String(process.sessionId)],
    ['IntegrityLevel', program.runBy === 'system' ? 'System' : 'Medium'],
    ['Hashes', `SHA1=${program.sha1.toUpperCase()},MD5=${program.md5.toUpperCase()}`],
    ['ParentProcessGuid', guid(device, process.parentId)],
    ['ParentProcessId', String(process.parentId)],
    ['ParentImage', `C:\\Windows\\System32\\${program.parent}`],
    ['ParentCommandLine', program.parent],
    ['ParentUser', 'NT AUTHORITY\\SYSTEM'],
  ];
  return { id: 1, version: 5, task: 1, title: 'Process Create', atMs, counts: false, data };
}

function lookedUp(
  { process, remoteIP, atMs }: PlannedConnection,
  device: Device,
  utc: Data[number],
  random: Random,
): Happening {
  const [guidOf, id, image, user] = actor(process, device, random);
  const data: Data = [
    rule(random),
    utc,
    guidOf,
    id,
    ['QueryName', 'cdn.example.com'],
    ['QueryStatus', '0'],
    ['QueryResults', `::ffff:${remoteIP};`],
    image,
    user,
  ];
  return { id: 22, version: 5, task: 22, title: 'Dns query', atMs, counts: false, data };
}

function actor({ id, program, user }: Process, device: Device, random: Random) {
  return [
    ['ProcessGuid', guid(device, id)],
    ['ProcessId', String(id)],
    ['Image', imageOf(program, random)],
    ['User', accountOf(user)],
  ] as const satisfies Data;
}

/** The name of the configuration's rule for an event; mostly none. */
function rule(random: Random): Data[number] {
  return ['RuleName', random.chance(0.05) ? 'technique_id=T1071,technique_name=C&C <HTTP>' : '-'];
}

/** `YYYY-MM-DD HH:MM:SS.mmm` in UTC, without a zone. */
function utcTime(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, -1);
}

function guid(device: Device, processId: number): string {
  const tail = processId.toString(16).padStart(12, '0');
  return `{${device.id.slice(0, 8)}-${device.id.slice(8, 12)}-${device.id.slice(12, 16)}-${device.id.slice(16, 20)}-${tail}}`;
}
