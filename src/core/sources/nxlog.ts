import type { JsonRow } from './row.ts';
import { eventIdOf, eventInstantOf, type WindowsEvent } from './windows_event.ts';

/**
 * NXLog's `im_msvistalog` as JSON: the event's data is flat in the record. Older versions write `EventTime` as local time
 * without a zone, which is not an instant: then only `@timestamp` (the time of receipt) remains. Newer versions write
 * `TimeCreated`, or `EventTime` with its zone.
 */
export function nxlogEventOf(record: JsonRow): WindowsEvent | null {
  const { SourceName, EventID } = record;
  if (typeof SourceName !== 'string' || EventID === undefined) return null;
  return {
    provider: SourceName,
    eventId: eventIdOf(EventID),
    computer: record['Hostname'],
    logged: zoned(record['TimeCreated']) ?? zoned(record['EventTime']),
    received: eventInstantOf(record['@timestamp']),
    data: () => record,
  };
}

function zoned(value: unknown) {
  return typeof value === 'string' && /(?:Z|[+-]\d\d:\d\d)$/i.test(value) ? eventInstantOf(value) : null;
}
