import { readInstant } from '../records/instant.ts';
import { dataIn } from './data_forms.ts';
import { isObject, type JsonRow } from './row.ts';
import { type EventNames, eventIdOf, type WindowsEvent } from './windows_event.ts';

/**
 * An event's XML turned into JSON, with `System` and `EventData`: evtx_dump (attributes under `#attributes`), Chainsaw
 * and Hayabusa (`Provider_attributes`), Velociraptor (`EventID.Value`, `SystemTime` as a number of seconds), OpenWEC,
 * and general converters (`@Name`, `$.Name`). Alone or under `Event`.
 */
export function systemEventOf(record: JsonRow): WindowsEvent | null {
  const event = isObject(record['Event']) ? record['Event'] : record;
  const system = event['System'];
  if (!isObject(system)) return null;
  const provider = attributeOf(system, 'Provider', 'Name');
  const id = system['EventID'];
  const eventId = eventIdOf(isObject(id) ? (id['Value'] ?? id['#text'] ?? id['_']) : id);
  if (typeof provider !== 'string' || Number.isNaN(eventId)) return null;
  const created = system['TimeCreated'];
  return {
    provider,
    eventId,
    computer: system['Computer'],
    logged: readInstant(
      isObject(created) || created === undefined ? attributeOf(system, 'TimeCreated', 'SystemTime') : created,
    ),
    received: null,
    names: NAMES,
    data: () => dataIn(eventId, event['EventData'], event['Message'], of(event['RenderingInfo'], 'Message')),
  };
}

const NAMES: EventNames = { computer: 'System.Computer', time: 'System.TimeCreated', data: 'EventData' };

/** An attribute of an element, from any of the places where converters put it. */
function attributeOf(system: JsonRow, element: string, name: string): unknown {
  const value = system[element];
  return (
    of(value, name) ??
    of(of(value, '#attributes'), name) ??
    of(system[`${element}_attributes`], name) ??
    of(value, `@${name}`) ??
    of(of(value, '$'), name)
  );
}

function of(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}
