import type { Device } from './device.ts';

/** What an event log says of itself in each of its events. */
export interface EventLog {
  readonly provider: string;
  readonly channel: string;
  /** Digits of the hexadecimal number that stands in `Keywords`. */
  readonly keywords: string;
}

/** One event of a Windows event log, before anybody has carried it away. */
export interface SampleWindowsEvent {
  readonly log: EventLog;
  readonly id: number;
  readonly version: number;
  readonly task: number;
  /** What it is, in words. */
  readonly title: string;
  readonly device: Device;
  readonly recordId: number;
  /** Of the service that writes the log; the process that the event is about stands in `data`. */
  readonly serviceId: number;
  readonly threadId: number;
  /** When it was written: whole milliseconds since the Unix epoch. */
  readonly createdMs: number;
  /** When its carrier took it. */
  readonly collectedMs: number;
  /** Whether it is of a connection that counts: outbound, made by a program of the device. */
  readonly counts: boolean;
  /** EventData: names and texts, in the order of the event's manifest. */
  readonly data: readonly (readonly [name: string, value: string])[];
}

/** What only one kind of event knows; its log fills in the rest. */
export interface Happening {
  readonly id: number;
  readonly version: number;
  readonly task: number;
  readonly title: string;
  readonly atMs: number;
  readonly counts: boolean;
  readonly data: SampleWindowsEvent['data'];
}

/** A log of one device. The hours have to be asked for in their order, each once. */
export interface LogWriter {
  /** What is logged of one of the tenant's hours, in order of time. */
  hour(hour: number): SampleWindowsEvent[];
}
