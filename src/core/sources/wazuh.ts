import { readInstant } from '../records/instant.ts';
import { dataIn } from './data_forms.ts';
import { isObject, type JsonRow } from './row.ts';
import { type EventNames, eventIdOf, type WindowsEvent } from './windows_event.ts';

/**
 * Wazuh's archives and alerts: the event under `win`, alone (as in `full_log`) or in the record's `data`. Its decoder
 * writes the first letter of every name in lower case. The record's own `timestamp` is the time of receipt by the manager.
 */
export function wazuhEventOf(record: JsonRow): WindowsEvent | null {
  const win = record['win'] ?? (isObject(record['data']) ? record['data']['win'] : undefined);
  if (!isObject(win)) return null;
  const { system, eventdata } = win;
  if (!isObject(system) || typeof system['providerName'] !== 'string') return null;
  const eventId = eventIdOf(system['eventID']);
  return {
    provider: system['providerName'],
    eventId,
    computer: system['computer'],
    logged: readInstant(system['systemTime']),
    received: readInstant(record['timestamp']),
    names: NAMES,
    data: () => dataIn(eventId, isObject(eventdata) ? capitalised(eventdata) : eventdata, unquoted(system['message'])),
  };
}

const NAMES: EventNames = {
  computer: 'data.win.system.computer',
  time: 'data.win.system.systemTime',
  data: 'data.win.eventdata',
};

/** `processID` is `ProcessID` of the Security log, `layerRTID` is `LayerRTID`. */
function capitalised(data: JsonRow): JsonRow {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name.slice(0, 1).toUpperCase() + name.slice(1), value]),
  );
}

/** Wazuh writes the message in quotes. */
function unquoted(message: unknown): unknown {
  return typeof message === 'string' ? message.replace(/^"|"$/g, '') : message;
}
