import { readInstant } from '../records/instant.ts';
import { isObject, type JsonRow } from './row.ts';
import { type EventNames, eventIdOf, type WindowsEvent } from './windows_event.ts';

/**
 * Events of winlogbeat and Elastic Agent. Raw ones have the event's data under `winlog.event_data`; an ingest pipeline
 * moves most of it into ECS's fields (`source`, `destination`, `process`, `network`), and this function maps them back to the
 * event's own names. `@timestamp` is the event log's time; for Sysmon's events the pipeline writes `UtcTime` there.
 */
export function beatEventOf(record: JsonRow): WindowsEvent | null {
  const { winlog, event } = record;
  if (!isObject(winlog) && !isObject(event)) return null;
  const provider = of(winlog, 'provider_name') ?? of(event, 'provider');
  const eventId = of(winlog, 'event_id') ?? of(event, 'code');
  if (typeof provider !== 'string' || eventId === undefined) return null;
  return {
    provider,
    eventId: eventIdOf(eventId),
    // host.name is the collector's where events were forwarded.
    computer: of(winlog, 'computer_name') ?? of(record['host'], 'name'),
    logged: readInstant(record['@timestamp']),
    received: null,
    names: NAMES,
    data: () => dataOf(record),
  };
}

const NAMES: EventNames = { computer: 'winlog.computer_name', time: '@timestamp', data: 'winlog.event_data' };

function dataOf({ winlog, process, source, destination, network, user }: JsonRow): JsonRow {
  const data = of(winlog, 'event_data');
  const path = of(process, 'executable') ?? of(process, 'name');
  const direction = DIRECTIONS.get(of(network, 'direction'));
  const moved: JsonRow = {
    Image: path,
    User: accountOf(user),
    Protocol: of(network, 'transport'),
    Initiated: direction?.Initiated,
    SourceIp: of(source, 'ip'),
    SourcePort: of(source, 'port'),
    DestinationIp: of(destination, 'ip'),
    DestinationPort: of(destination, 'port'),
    DestinationHostname: of(destination, 'domain'),
    Application: path,
    Direction: direction?.Direction,
    SourceAddress: of(source, 'ip'),
    DestAddress: of(destination, 'ip'),
    DestPort: of(destination, 'port'),
  };
  return isObject(data) ? { ...moved, ...data } : moved;
}

const OUTBOUND = { Initiated: 'true', Direction: '%%14593' };
const INBOUND = { Initiated: 'false', Direction: '%%14592' };
/** `network.direction` of ECS: as the network sees it, and as the host does. */
const DIRECTIONS = new Map<unknown, typeof OUTBOUND>([
  ['egress', OUTBOUND],
  ['outbound', OUTBOUND],
  ['ingress', INBOUND],
  ['inbound', INBOUND],
]);

function accountOf(user: unknown): unknown {
  const domain = of(user, 'domain');
  const name = of(user, 'name');
  return typeof domain === 'string' && typeof name === 'string' ? `${domain}\\${name}` : name;
}

/** A member of an object, undefined where there is no object. */
function of(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}
