import type { Timestamp } from '../kql/timestamp.ts';
import { readInstant } from '../records/instant.ts';
import { dateOrderOf } from '../records/locale_instant.ts';
import type { ReadFault } from '../records/reading.ts';
import type { JsonRow } from './row.ts';

/** An event of a Windows log, independent of the tool that wrote the record. */
export interface WindowsEvent {
  /** `Microsoft-Windows-Sysmon` */
  readonly provider: string;
  /** NaN where the record has none. */
  readonly eventId: number;
  /** The computer of the event, not the collector. */
  readonly computer: unknown;
  /** The time of the computer's log; null where the record has no UTC time. */
  readonly logged: Timestamp | null;
  /** The time of receipt by a collector: seconds later, or hours where the computer was offline. */
  readonly received: Timestamp | null;
  /** Whether the record has a time of the log, but only as local time without a zone. */
  readonly lacksZone?: boolean;
  /** The record's names for the fields that a fault can concern. */
  readonly names: EventNames;
  /** The event's own data, by its own names. It may parse XML: call it only for an event in scope. */
  data(): JsonRow | ReadFault;
}

export interface EventNames {
  readonly computer: string;
  /** The time of the log. */
  readonly time: string;
  /** The member with the event's data. */
  readonly data: string;
}

/** A number or its text; NaN for anything else. */
export function eventIdOf(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

/** A time of the log. Without a zone it is local time, and no instant. */
export function zonedOf(value: unknown): { readonly logged: Timestamp | null; readonly lacksZone: boolean } {
  const logged = readInstant(value, { zone: 'required' });
  return { logged, lacksZone: logged === null && typeof value === 'string' && isDateAndTime(value) };
}

function isDateAndTime(text: string): boolean {
  return readInstant(text) !== null || dateOrderOf(text) !== null;
}
