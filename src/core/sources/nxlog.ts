import { readInstant } from '../records/instant.ts';
import type { JsonRow } from './row.ts';
import { eventIdOf, type WindowsEvent, zonedOf } from './windows_event.ts';

/**
 * NXLog's `im_msvistalog` as JSON: the event's data is flat in the record. By default NXLog writes `EventTime` as local
 * time without a zone, which is not an instant: then only `@timestamp` (the time of receipt) remains. Newer versions write
 * `TimeCreated`, or `EventTime` with its zone. Graylog keeps the same fields beside its own `source` and `timestamp`.
 */
export function nxlogEventOf(record: JsonRow): WindowsEvent | null {
  const { SourceName, EventID } = record;
  if (typeof SourceName !== 'string' || EventID === undefined) return null;
  const created = zonedOf(record['TimeCreated']);
  const eventTime = zonedOf(record['EventTime']);
  return {
    provider: SourceName,
    eventId: eventIdOf(EventID),
    computer: record['Hostname'] ?? record['source'],
    logged: created.logged ?? eventTime.logged,
    received: readInstant(record['@timestamp']) ?? readInstant(record['timestamp']),
    lacksZone: eventTime.lacksZone,
    names: { computer: 'Hostname', time: 'EventTime', data: 'Message' },
    data: () => record,
  };
}
