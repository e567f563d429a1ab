import { beatEventOf } from './beats.ts';
import { tableEventOf } from './event_tables.ts';
import { nxlogEventOf } from './nxlog.ts';
import { providerNameEventOf } from './provider_name.ts';
import type { JsonRow } from './row.ts';
import { systemEventOf } from './system_event.ts';
import { wazuhEventOf } from './wazuh.ts';
import type { WindowsEvent } from './windows_event.ts';
import { winlogbeat6EventOf } from './winlogbeat6.ts';
import { xmlEventOf } from './xml_event.ts';

/** The Windows event of a record, recognized by its members; null for other records. The most frequent forms come first. */
export function windowsEventOf(record: JsonRow): WindowsEvent | null {
  return (
    beatEventOf(record) ??
    tableEventOf(record) ??
    nxlogEventOf(record) ??
    xmlEventOf(record) ??
    systemEventOf(record) ??
    providerNameEventOf(record) ??
    winlogbeat6EventOf(record) ??
    wazuhEventOf(record)
  );
}
