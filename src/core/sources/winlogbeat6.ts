import { readInstant } from '../records/instant.ts';
import { dataIn } from './data_forms.ts';
import type { JsonRow } from './row.ts';
import { type EventNames, eventIdOf, type WindowsEvent } from './windows_event.ts';

/** winlogbeat 5 and 6: the members that later versions have under `winlog` are beside `@timestamp`; the provider is `source_name`. */
export function winlogbeat6EventOf(record: JsonRow): WindowsEvent | null {
  const provider = record['source_name'] ?? record['provider_name'];
  const { event_id } = record;
  if (typeof provider !== 'string' || event_id === undefined) return null;
  const eventId = eventIdOf(event_id);
  return {
    provider,
    eventId,
    computer: record['computer_name'],
    logged: readInstant(record['@timestamp']) ?? readInstant(record['timestamp']),
    received: null,
    names: NAMES,
    data: () => dataIn(eventId, record['event_data'], record['message']),
  };
}

const NAMES: EventNames = { computer: 'computer_name', time: '@timestamp', data: 'event_data' };
