import type { Event } from './aggregated.ts';
import type { Device } from './device.ts';
import { anyInstant } from './instant.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { PlannedTraffic } from './traffic.ts';

/** ActionTypes of DeviceNetworkEvents (Microsoft), each repeated by its weight. Inspected connections have no process. */
const ACTION_TYPES = [
  ...times(20, 'ConnectionSuccess'),
  ...times(5, 'ConnectionFailed'),
  ...times(2, 'ConnectionRequest'),
  ...times(2, 'InboundConnectionAccepted'),
  ...times(1, 'ConnectionAttempt'),
  ...times(1, 'ConnectionAcknowledged'),
  ...times(1, 'ConnectionFound'),
  ...times(1, 'ListeningConnectionCreated'),
  ...times(6, 'DnsConnectionInspected'),
  ...times(3, 'SslConnectionInspected'),
  ...times(1, 'HttpConnectionInspected'),
  ...times(1, 'IcmpConnectionInspected'),
  ...times(1, 'NetworkSignatureInspected'),
];

const HOSTS = ['www', 'mail', 'cdn', 'api', 'login', 'static', 'img', 'updates'].map((name) => `${name}.example.com`);

/** A row that is no aggregated report, as most rows of the table. */
export function otherEvent(
  traffic: PlannedTraffic,
  process: Process,
  device: Device,
  atMs: number,
  random: Random,
): Event {
  const actionType = random.pick(ACTION_TYPES);
  const row = {
    timestamp: anyInstant(atMs, random),
    actionType,
    process,
    remoteIP: traffic.remoteIP,
    remotePort: random.pick(traffic.ports),
    remoteUrl: random.chance(0.2) ? (traffic.remoteUrl ?? random.pick(HOSTS)) : null,
    localIP: random.pick(device.localIPs),
    localPort: random.int(49_152, 65_535),
    protocol: random.chance(0.9) ? 'Tcp' : 'TcpV4',
    additionalFields: null,
  };
  if (actionType === 'InboundConnectionAccepted') {
    return { ...row, remoteIP: `10.20.0.${random.int(4, 9)}`, remotePort: row.localPort, localPort: 445 };
  }
  if (actionType === 'ListeningConnectionCreated') {
    return { ...row, remoteIP: null, remotePort: null, remoteUrl: null, localIP: '0.0.0.0' };
  }
  return actionType.endsWith('Inspected') ? { ...row, ...inspected(actionType, random) } : row;
}

/** The columns of an inspected connection. Its fields are those of the sensor's network log (Zeek). */
function inspected(actionType: string, random: Random): Partial<Event> {
  const uid = `C${random.hex(17)}`;
  const text = (fields: object) => JSON.stringify({ direction: 'Out', uid, ...fields });
  switch (actionType) {
    case 'DnsConnectionInspected': {
      const fields = text({ query: random.pick(HOSTS), qtype_name: 'A', rcode_name: 'NOERROR', rejected: 'false' });
      const server = { remoteIP: '10.20.0.53', remotePort: 53, remoteUrl: null, protocol: 'Udp' };
      return { process: null, ...server, additionalFields: fields };
    }
    case 'SslConnectionInspected':
      return { process: null, additionalFields: text({ server_name: random.pick(HOSTS), established: 'true' }) };
    case 'HttpConnectionInspected':
      return { process: null, additionalFields: text({ host: random.pick(HOSTS), method: 'GET', status_code: '200' }) };
    case 'IcmpConnectionInspected':
      return { process: null, remotePort: null, localPort: null, protocol: 'Icmp', additionalFields: text({}) };
    default:
      // An object instead of its JSON text: the exporter writes both.
      return { process: null, additionalFields: { SignatureName: 'HTTP_Client', SamplePacketContent: '[]' } };
  }
}

function times(count: number, actionType: string): string[] {
  return new Array<string>(count).fill(actionType);
}
