import type { RecordFormat } from '../records/reading.ts';
import { readConnection, textOf } from './connection.ts';
import { fault, type JsonRow } from './row.ts';
import { windowsEventOf } from './windows_event_of.ts';

const PROVIDER = 'Microsoft-Windows-Security-Auditing';
const PERMITTED_CONNECTION = 5156;

/** Outbound connections that the Windows Filtering Platform permitted: event 5156 of the Security log. */
export const wfp: RecordFormat = {
  source: 'wfp',
  // The event's number: in each of its records and in few others. The provider's name is in every record of the log.
  preFilterToken: '5156',
  mark: /^(?=.*(?<!\d)5156(?!\d)).*(?:Security-Auditing|Filtering Platform|harddiskvolume)/is,
  read(record) {
    const event = windowsEventOf(record as JsonRow);
    if (event === null) return { kind: 'unknown' };
    if (event.provider !== PROVIDER || event.eventId !== PERMITTED_CONNECTION) return { kind: 'skipped' };
    const data = event.data();
    if (typeof data === 'string') return fault(data, event.names.data);
    const outbound = isOutbound(data);
    if (outbound === null) {
      return fault('bad-field', Object.keys(data).length === 0 ? event.names.data : 'Direction');
    }
    if (!outbound) return { kind: 'skipped' };
    return readConnection({
      source: 'wfp',
      time: event.logged ?? event.received,
      lacksZone: event.lacksZone ?? false,
      computer: event.computer,
      image: data['Application'],
      processId: data['ProcessID'],
      protocol: data['Protocol'],
      localIP: data['SourceAddress'],
      localPort: data['SourcePort'],
      remoteIP: data['DestAddress'],
      remotePort: data['DestPort'],
      names: event.names,
      fields: FIELDS,
    });
  },
};

const FIELDS = { image: 'Application', remoteIP: 'DestAddress' } as const;

const OUTBOUND = '%%14593';
const CONNECT = '%%14611';
/** FWPS_LAYER_ALE_AUTH_CONNECT_V4 and _V6, then _RECV_ACCEPT_V4 and _V6 (Windows Driver Kit, fwpsk.h). */
const LAYERS = new Map([
  ['48', true],
  ['50', true],
  ['44', false],
  ['46', false],
]);

/**
 * Whether the computer initiated the connection: Direction outbound, at the Connect layer; null where the event does not
 * say. Some tools translate the two codes into the computer's language (`Sortant`); then the layer's number decides.
 */
function isOutbound(data: JsonRow): boolean | null {
  const direction = textOf(data['Direction']) ?? '';
  const layer = textOf(data['LayerName']) ?? '';
  if (isCode(direction) && isCode(layer)) return direction === OUTBOUND && layer === CONNECT;
  return LAYERS.get(textOf(data['LayerRTID']) ?? '') ?? null;
}

function isCode(text: string): boolean {
  return /^%%\d+$/.test(text);
}
