import { readInstant } from '../records/instant.ts';
import { isObject, type JsonRow } from './row.ts';

/** Names of the values of an event, in the order of its manifest: some tools write only the values. */
const SYSMON_3 = [
  'RuleName',
  'UtcTime',
  'ProcessGuid',
  'ProcessId',
  'Image',
  'User',
  'Protocol',
  'Initiated',
  'SourceIsIpv6',
  'SourceIp',
  'SourceHostname',
  'SourcePort',
  'SourcePortName',
  'DestinationIsIpv6',
  'DestinationIp',
  'DestinationHostname',
  'DestinationPort',
  'DestinationPortName',
];
/** Later versions of the event append more values. */
const SECURITY_5156 = [
  'ProcessID',
  'Application',
  'Direction',
  'SourceAddress',
  'SourcePort',
  'DestAddress',
  'DestPort',
  'Protocol',
  'FilterRTID',
  'LayerName',
  'LayerRTID',
];

/**
 * The data of an event, from the list of its values, each as text or as `{"Value": …}`; null if the list is not that of a
 * connection. Sysmon before version 8 has no RuleName.
 */
export function namedData(eventId: number, values: readonly unknown[]): JsonRow | null {
  const plain = values.map((value) => (isObject(value) && 'Value' in value ? value['Value'] : value));
  if (eventId === 3) {
    const names = plain.length === SYSMON_3.length - 1 ? SYSMON_3.slice(1) : SYSMON_3;
    const data = zip(names, plain);
    return plain.length === names.length && readInstant(data['UtcTime']) !== null ? data : null;
  }
  if (eventId !== 5156 || plain.length < SECURITY_5156.length) return null;
  const data = zip(SECURITY_5156, plain);
  return /^%%\d+$/.test(String(data['Direction'])) ? data : null;
}

function zip(names: readonly string[], values: readonly unknown[]): JsonRow {
  return Object.fromEntries(names.map((name, index) => [name, values[index]]));
}

/** Labels of the English message of the Security log, and the names of their values. */
const LABELS = new Map([
  ['Application Name', 'Application'],
  ['Direction', 'Direction'],
  ['Source Address', 'SourceAddress'],
  ['Source Port', 'SourcePort'],
  ['Destination Address', 'DestAddress'],
  ['Destination Port', 'DestPort'],
  ['Protocol', 'Protocol'],
  ['Layer Name', 'LayerName'],
  ['Layer Run-Time ID', 'LayerRTID'],
]);
/** Windows limits an event to 64 KiB. */
const MAX_MESSAGE_LENGTH = 65_536;

/**
 * The data of an event, from its message with one line per value: `Image: C:\…\x.exe`. Sysmon's message is English on every
 * computer; that of the Security log is read only in English. null if it is no such message, or if it repeats a name,
 * which is ambiguous.
 */
export function messageData(eventId: number, message: string): JsonRow | null {
  if (message.length > MAX_MESSAGE_LENGTH) return null;
  const data = new Map<string, string>();
  for (const line of message.split(/\r?\n|\r/)) {
    const [, label = '', value = ''] = /^\s*([A-Za-z][A-Za-z -]*):\s*(.*?)\s*$/.exec(line) ?? [];
    const name = eventId === 5156 ? LABELS.get(label) : SYSMON_3.find((each) => each === label);
    if (name === undefined) continue;
    if (data.has(name)) return null;
    data.set(name, value);
  }
  const needed = eventId === 5156 ? 'DestAddress' : 'DestinationIp';
  return data.has(needed) ? Object.fromEntries(data) : null;
}
