import { parse_json } from '../kql/parse_json.ts';
import { eventDataOf } from './event_data.ts';
import { isObject, type JsonRow } from './row.ts';
import { eventIdOf, eventInstantOf, type WindowsEvent } from './windows_event.ts';

/**
 * Rows of Log Analytics: `Event` (provider in `Source`, data as XML), `WindowsEvent` (`Provider`, data as an object) and
 * `SecurityEvent` (`EventSourceName`, XML). `TimeCreated` is the event log's time; so is `TimeGenerated`, except for events
 * that arrived too late: there Azure Monitor writes the arrival time.
 */
export function tableEventOf(record: JsonRow): WindowsEvent | null {
  const { EventData } = record;
  const provider = record['Source'] ?? record['Provider'] ?? record['EventSourceName'];
  if (typeof provider !== 'string' || record['EventID'] === undefined) return null;
  return {
    provider,
    eventId: eventIdOf(record['EventID']),
    computer: record['Computer'],
    logged: eventInstantOf(record['TimeCreated']) ?? eventInstantOf(record['TimeGenerated']),
    received: null,
    data() {
      if (typeof EventData === 'string' && EventData.trimStart().startsWith('<')) return eventDataOf(EventData);
      // A dynamic column is an object, or text where Log Analytics could not parse it.
      const data = parse_json(EventData);
      return isObject(data) ? data : 'bad-field';
    },
  };
}
