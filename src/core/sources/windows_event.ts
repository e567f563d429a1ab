import { type Timestamp, timestampOf } from '../kql/timestamp.ts';
import type { ReadFault } from '../records/reading.ts';
import type { JsonRow } from './row.ts';

/** An event of a Windows log, whichever tool wrote it down. */
export interface WindowsEvent {
  /** `Microsoft-Windows-Sysmon` */
  readonly provider: string;
  /** NaN where there is none. */
  readonly eventId: number;
  /** The computer that the event is of, not the one that collected it. */
  readonly computer: unknown;
  /** When the computer wrote it to its log, where the record says so in UTC. */
  readonly logged: Timestamp | null;
  /** When a collector took it up: the same instant or seconds later, hours where the computer was offline. */
  readonly received: Timestamp | null;
  /** The event's own data, by its own names. To be asked only of an event that counts: it may have to be parsed. */
  data(): JsonRow | ReadFault;
}

/** A number or its text; NaN for anything else. */
export function eventIdOf(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

/** More digits of a second than a Timestamp has: Elastic's beats write nine where `timestamp.precision` asks for them. */
const NANOSECONDS = /(\.\d{7})\d+/;

/** An instant in UTC; without a zone it is taken for UTC. What is below 100 ns is cut off. */
export function eventInstantOf(value: unknown): Timestamp | null {
  return typeof value === 'string' ? timestampOf(value.replace(NANOSECONDS, '$1')) : null;
}
