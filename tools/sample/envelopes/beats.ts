import { computerOf } from '../spelling.ts';
import type { SampleWindowsEvent } from '../windows_event.ts';
import type { Carrier } from './carrier.ts';
import { hourName, isoTime } from './times.ts';

/** Winlogbeat without a pipeline: EventData is under `winlog.event_data`, as texts. */
export const winlogbeat: Carrier = {
  container: 'winlogbeat',
  placeOf: ({ createdMs }) => `${hourName(createdMs)}.ndjson`,
  recordOf: ({ log, id, createdMs, collectedMs, device, recordId, data }) => {
    // Before version 8, the event id is a number.
    const old = device.index % 2 === 1;
    const version = old ? '7.17.0' : '8.15.0';
    return {
      '@timestamp': isoTime(createdMs),
      '@metadata': { beat: 'winlogbeat', type: '_doc', version },
      event: {
        code: String(id),
        kind: 'event',
        provider: log.provider,
        created: isoTime(collectedMs),
        original: '…',
      },
      // Events are forwarded to a collector, where Winlogbeat reads them.
      host: { name: COLLECTOR },
      agent: { type: 'winlogbeat', name: COLLECTOR, version },
      ecs: { version: '8.0.0' },
      log: { level: 'information' },
      winlog: {
        channel: log.channel,
        provider_name: log.provider,
        computer_name: computerOf(device),
        event_id: old ? id : String(id),
        record_id: recordId,
        event_data: Object.fromEntries(data),
      },
    };
  },
};

const COLLECTOR = 'wec.corp.example';

/** The same after Elastic's pipeline for Sysmon, as Elastic Agent sends it: fields of ECS. */
export const ecs: Carrier = {
  container: 'elastic-agent',
  placeOf: ({ createdMs }) => `${hourName(createdMs)}.ndjson`,
  recordOf: ecsRecord,
};

function ecsRecord({ log, id, version, device, recordId, data, title }: SampleWindowsEvent): object {
  const { UtcTime = '', ProcessGuid, ProcessId, Image = '', User = '', ...rest } = Object.fromEntries(data);
  const [domain, name] = User.split('\\');
  return {
    '@timestamp': `${UtcTime.replace(' ', 'T')}Z`,
    ecs: { version: '8.11.0' },
    event: { code: String(id), provider: log.provider, kind: 'event', ...classOf(id, title) },
    host: { name: computerOf(device) },
    process: {
      entity_id: ProcessGuid,
      pid: Number(ProcessId),
      executable: Image,
      name: Image.slice(Image.lastIndexOf('\\') + 1),
    },
    ...(id === 3 ? network(rest) : {}),
    ...(id === 22 ? { dns: { question: { name: rest['QueryName'] } } } : {}),
    user: { domain, name },
    winlog: {
      channel: log.channel,
      provider_name: log.provider,
      computer_name: computerOf(device),
      event_id: String(id),
      record_id: String(recordId),
      version,
      event_data: id === 3 ? kept(rest) : {},
    },
  };
}

function classOf(id: number, title: string): object {
  const action = (rule: string) => `${title} (rule: ${rule})`;
  switch (id) {
    case 1:
      return { category: ['process'], type: ['start'], action: action('ProcessCreate') };
    case 22:
      return { category: ['network'], type: ['connection', 'protocol', 'info'], action: action('DnsQuery') };
    default:
      return { category: ['network'], type: ['start', 'connection', 'protocol'], action: action('NetworkConnect') };
  }
}

type Data = Readonly<Record<string, string>>;

function network(data: Data): object {
  return {
    source: end(data['SourceIp'], data['SourcePort']),
    destination: end(data['DestinationIp'], data['DestinationPort']),
    network: {
      transport: data['Protocol'],
      ...(data['DestinationPortName'] === '-' ? {} : { protocol: data['DestinationPortName'] }),
      type: data['DestinationIsIpv6'] === 'true' ? 'ipv6' : 'ipv4',
      direction: data['Initiated'] === 'true' ? 'egress' : 'ingress',
    },
  };
}

function end(ip: string | undefined, port: string | undefined): object {
  return { ip, port: Number(port) };
}

/** The EventData without an ECS field. */
function kept({ Initiated, SourceIsIpv6, DestinationIsIpv6 }: Data): object {
  return { Initiated, SourceIsIpv6, DestinationIsIpv6 };
}
