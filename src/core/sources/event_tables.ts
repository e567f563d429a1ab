import { readInstant } from '../records/instant.ts';
import { dataIn } from './data_forms.ts';
import type { JsonRow } from './row.ts';
import { type EventNames, eventIdOf, type WindowsEvent, zonedOf } from './windows_event.ts';

/**
 * Rows of Log Analytics: `Event` (provider in `Source`, data as XML, or its values alone in `ParameterXml`),
 * `WindowsEvent` (`Provider`, data as an object) and `SecurityEvent` (`EventSourceName`, XML). `TimeCreated` is the event
 * log's time; so is `TimeGenerated`, except for events that arrived too late: there Azure Monitor writes the arrival time.
 * Velociraptor's rows (`Provider`, `EventTime`) have the shape of `WindowsEvent`.
 */
export function tableEventOf(record: JsonRow): WindowsEvent | null {
  const provider = record['Source'] ?? record['Provider'] ?? record['EventSourceName'];
  if (typeof provider !== 'string' || record['EventID'] === undefined) return null;
  const eventId = eventIdOf(record['EventID']);
  return {
    provider,
    eventId,
    computer: record['Computer'],
    logged:
      readInstant(record['TimeCreated']) ?? readInstant(record['TimeGenerated']) ?? zonedOf(record['EventTime']).logged,
    received: null,
    names: NAMES,
    data: () =>
      dataIn(eventId, record['EventData'], record['ParameterXml'], record['RenderedDescription'], record['Message']),
  };
}

const NAMES: EventNames = { computer: 'Computer', time: 'TimeGenerated', data: 'EventData' };
