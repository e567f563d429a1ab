import { type Timestamp, timestampOf } from '../kql/timestamp.ts';
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
  /** The event's own data, by its own names. It may parse XML: call it only for an event in scope. */
  data(): JsonRow | ReadFault;
}

/** A number or its text; NaN for anything else. */
export function eventIdOf(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

/** More digits of a second than a Timestamp has: Elastic's beats write nine where `timestamp.precision` asks for them. */
const NANOSECONDS = /(\.\d{7})\d+/;

/** An instant in UTC; without a zone it is read as UTC. Digits below 100 ns are cut off. */
export function eventInstantOf(value: unknown): Timestamp | null {
  return typeof value === 'string' ? timestampOf(value.replace(NANOSECONDS, '$1')) : null;
}
