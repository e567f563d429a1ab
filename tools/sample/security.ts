import { HOUR_MS } from '../../src/core/kql/timespan.ts';
import { connectionsOf, type PlannedConnection } from './connections.ts';
import type { Device } from './device.ts';
import { ANSWERS, type Inbound, inboundOf } from './inbound.ts';
import { logWriter } from './log_writer.ts';
import type { Plan } from './plan.ts';
import { processesOf } from './process.ts';
import type { Random } from './random.ts';
import { addressOf, applicationOf } from './spelling.ts';
import type { EventLog, Happening, LogWriter, SampleWindowsEvent } from './windows_event.ts';

const LOG: EventLog = {
  provider: 'Microsoft-Windows-Security-Auditing',
  channel: 'Security',
  keywords: '8020000000000000',
};

type Data = SampleWindowsEvent['data'];

/**
 * The Security log of one device with auditing of the Filtering Platform: 5156 for each permitted connection, inbound
 * ones too, with or without an answer; between them 5158 (a port is bound) and 4624 (a logon).
 */
export function securityLog(plan: Plan, device: Device): LogWriter {
  const running = processesOf(plan, device);
  const groups = plan.traffic[device.index] ?? [];
  return logWriter(plan, device, LOG, function* (hour, random) {
    for (const [index, { program }] of groups.entries()) {
      for (const made of connectionsOf(plan, device, index, running(program), hour)) {
        if (random.chance(0.2)) yield bound(made, device, random);
        yield permitted(made, device, random);
      }
    }
    for (const caller of inboundOf(plan, device, hour)) yield accepted(caller, random);
    for (let i = random.int(0, 4); i > 0; i--) {
      yield loggedOn(plan.start + hour * HOUR_MS + random.int(0, HOUR_MS - 1), device);
    }
  });
}

const OUTBOUND = { direction: '%%14593', layer: '%%14611', layerId: '48' } as const;
const INBOUND = { direction: '%%14592', layer: '%%14610', layerId: '44' } as const;

function permitted(made: PlannedConnection, device: Device, random: Random): Happening {
  const remoteIP = addressOf(made.remoteIP, random);
  const data = permission(made.process.id, applicationOf(made.process.program, device), OUTBOUND, made.protocol, [
    ['SourceAddress', made.localIP],
    ['SourcePort', String(made.localPort)],
    ['DestAddress', remoteIP],
    ['DestPort', String(made.remotePort)],
  ]);
  return { ...PERMITTED, atMs: made.atMs, counts: true, data };
}

/** Either end may be logged as the source, and the UDP answers of a server may look outbound. */
function accepted(caller: Inbound, random: Random): Happening {
  const far = [caller.remoteIP, String(caller.remotePort)] as const;
  const near = [caller.localIP, String(caller.localPort)] as const;
  const isAnswer = caller.protocol === 'udp' && random.chance(ANSWERS);
  const [from, to] = isAnswer || random.chance(0.5) ? [near, far] : [far, near];
  const application = '\\device\\harddiskvolume2\\windows\\system32\\svchost.exe';
  const data = permission(1_204, application, isAnswer ? OUTBOUND : INBOUND, caller.protocol, [
    ['SourceAddress', from[0]],
    ['SourcePort', from[1]],
    ['DestAddress', to[0]],
    ['DestPort', to[1]],
  ]);
  return { ...PERMITTED, atMs: caller.atMs, counts: false, data };
}

const PERMITTED = {
  id: 5156,
  version: 1,
  task: 12_810,
  title: 'The Windows Filtering Platform has permitted a connection.',
} as const;

function permission(
  processId: number,
  application: string,
  { direction, layer, layerId }: typeof OUTBOUND | typeof INBOUND,
  protocol: PlannedConnection['protocol'],
  ends: Data,
): Data {
  return [
    ['ProcessID', String(processId)],
    ['Application', application],
    ['Direction', direction],
    ...ends,
    ['Protocol', protocol === 'tcp' ? '6' : '17'],
    ['FilterRTID', '69895'],
    ['LayerName', layer],
    ['LayerRTID', layerId],
    ['RemoteUserID', 'S-1-0-0'],
    ['RemoteMachineID', 'S-1-0-0'],
  ];
}

function bound({ process, localPort, protocol, atMs }: PlannedConnection, device: Device, random: Random): Happening {
  const data: Data = [
    ['ProcessId', String(process.id)],
    ['Application', applicationOf(process.program, device)],
    ['SourceAddress', random.chance(0.5) ? '0.0.0.0' : '::'],
    ['SourcePort', String(localPort)],
    ['Protocol', protocol === 'tcp' ? '6' : '17'],
    ['FilterRTID', '0'],
    ['LayerName', '%%14608'],
    ['LayerRTID', '36'],
  ];
  const title = 'The Windows Filtering Platform has permitted a bind to a local port.';
  return { id: 5158, version: 0, task: 12_810, title, atMs, counts: false, data };
}

function loggedOn(atMs: number, { user, name }: Device): Happening {
  const data: Data = [
    ['SubjectUserSid', 'S-1-5-18'],
    ['SubjectUserName', `${name.split('.')[0]?.toUpperCase()}$`],
    ['SubjectDomainName', 'CORP'],
    ['SubjectLogonId', '0x3e7'],
    ['TargetUserSid', user.sid],
    ['TargetUserName', user.name],
    ['TargetDomainName', 'CORP'],
    ['TargetLogonId', '0x1f3a2b'],
    ['LogonType', '3'],
    ['LogonProcessName', 'Kerberos'],
    ['AuthenticationPackageName', 'Kerberos'],
    ['WorkstationName', '-'],
    ['ProcessId', '0x0'],
    ['ProcessName', '-'],
    ['IpAddress', '10.20.0.4'],
    ['IpPort', '50123'],
  ];
  return {
    id: 4624,
    version: 2,
    task: 12_544,
    title: 'An account was successfully logged on.',
    atMs,
    counts: false,
    data,
  };
}
