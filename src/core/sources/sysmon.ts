import { msOf, type Timestamp } from '../kql/timestamp.ts';
import type { RecordFormat } from '../records/reading.ts';
import { readConnection, textOf } from './connection.ts';
import { fault, type JsonRow } from './row.ts';
import { eventInstantOf, type WindowsEvent } from './windows_event.ts';
import { windowsEventOf } from './windows_event_of.ts';

const PROVIDER = 'Microsoft-Windows-Sysmon';
const NETWORK_CONNECTION = 3;

/** Sysmon's network connections (Event ID 3) that a process of the computer began (`Initiated`). */
export const sysmon: RecordFormat = {
  // Stands in each of its records, by whatever tool; there is nothing in it that JSON would escape.
  needle: PROVIDER,
  read(record) {
    const event = windowsEventOf(record as JsonRow);
    if (event === null) return { kind: 'unknown' };
    if (event.provider !== PROVIDER || event.eventId !== NETWORK_CONNECTION) return { kind: 'skipped' };
    const data = event.data();
    if (typeof data === 'string') return fault(data);
    const initiated = textOf(data['Initiated'])?.toLowerCase();
    if (initiated === 'false') return { kind: 'skipped' };
    if (initiated !== 'true') return fault('bad-field');
    return readConnection({
      source: 'sysmon',
      time: timeOf(event, eventInstantOf(data['UtcTime'])),
      computer: event.computer,
      image: data['Image'],
      user: data['User'],
      protocol: data['Protocol'],
      localIP: data['SourceIp'],
      localPort: data['SourcePort'],
      remoteIP: data['DestinationIp'],
      remotePort: data['DestinationPort'],
      remoteName: data['DestinationHostname'],
    });
  },
};

/** More than Sysmon's clock is ever off, and less than any two time zones differ from each other. */
const DRIFT_MS = 30 * 60_000;

/**
 * When the connection was made. The event log's own time, since Sysmon's `UtcTime` is of a clock of its own that can be
 * minutes off; but where the two are more than half an hour apart, `UtcTime`: then the other is local time that was
 * labelled as UTC, or the time at which a late record came.
 */
function timeOf({ logged, received }: WindowsEvent, utcTime: Timestamp | null): Timestamp | null {
  if (logged === null) return utcTime ?? received;
  if (utcTime === null) return logged;
  return Math.abs(msOf(logged) - msOf(utcTime)) > DRIFT_MS ? utcTime : logged;
}
