import { beatEventOf } from './beats.ts';
import { tableEventOf } from './event_tables.ts';
import { nxlogEventOf } from './nxlog.ts';
import type { JsonRow } from './row.ts';
import type { WindowsEvent } from './windows_event.ts';

/** The Windows event of a record, recognized by its members; null for other records. */
export function windowsEventOf(record: JsonRow): WindowsEvent | null {
  return beatEventOf(record) ?? tableEventOf(record) ?? nxlogEventOf(record);
}
