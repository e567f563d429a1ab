import { MINUTE_MS } from '../kql/timespan.ts';
import { msOf, type Timestamp } from '../kql/timestamp.ts';
import { readInstant } from '../records/instant.ts';
import type { RecordFormat } from '../records/reading.ts';
import { readConnection, textOf } from './connection.ts';
import { fault, type JsonRow } from './row.ts';
import { windowsEventOf } from './windows_event_of.ts';

const PROVIDERS: readonly string[] = ['Microsoft-Windows-Sysmon', 'Linux-Sysmon'];
const NETWORK_CONNECTION = 3;

/** Sysmon's network connections (Event ID 3) that the computer initiated (`Initiated`). */
export const sysmon: RecordFormat = {
  source: 'sysmon',
  // The end of the provider's name on Windows and on Linux. Every tool writes it into each record; it has no character that
  // JSON would escape.
  preFilterToken: 'Sysmon',
  mark: /(?:Microsoft-Windows|Linux)-Sysmon/,
  read(record) {
    const event = windowsEventOf(record as JsonRow);
    if (event === null) return { kind: 'unknown' };
    if (!PROVIDERS.includes(event.provider) || event.eventId !== NETWORK_CONNECTION) return { kind: 'skipped' };
    const data = event.data();
    if (typeof data === 'string') return fault(data, event.names.data);
    const initiated = textOf(data['Initiated'])?.toLowerCase();
    if (initiated === 'false') return { kind: 'skipped' };
    if (initiated !== 'true')
      return fault('bad-field', Object.keys(data).length === 0 ? event.names.data : 'Initiated');
    return readConnection({
      source: 'sysmon',
      time: connectionTimeOf(event.logged, readInstant(data['UtcTime'])) ?? event.received,
      lacksZone: event.lacksZone ?? false,
      computer: event.computer,
      image: data['Image'],
      user: data['User'],
      processId: data['ProcessId'],
      protocol: data['Protocol'],
      localIP: data['SourceIp'],
      localPort: data['SourcePort'],
      remoteIP: data['DestinationIp'],
      remotePort: data['DestinationPort'],
      remoteName: data['DestinationHostname'],
      names: event.names,
      fields: SYSMON_FIELDS,
    });
  },
};

/** The event's names for its own fields. */
export const SYSMON_FIELDS = { image: 'Image', remoteIP: 'DestinationIp' } as const;

/** More than any error of Sysmon's clock, less than the difference between two time zones. */
const DRIFT_MS = 30 * MINUTE_MS;
/** The characters of a Timestamp that name its ten minutes: `2026-11-20T08:5`. */
const TEN_MINUTES = 15;

/**
 * The time of the connection: the event log's time, because Sysmon's `UtcTime` has a clock of its own that can be minutes
 * off. Where the two differ by more than half an hour it is `UtcTime`: then the log's time is local time labelled as UTC,
 * or the arrival of a late record.
 */
export function connectionTimeOf(logged: Timestamp | null, utcTime: Timestamp | null): Timestamp | null {
  if (logged === null) return utcTime;
  // Nearly all are of the same ten minutes.
  if (utcTime === null || utcTime.startsWith(logged.slice(0, TEN_MINUTES))) return logged;
  return Math.abs(msOf(logged) - msOf(utcTime)) > DRIFT_MS ? utcTime : logged;
}
