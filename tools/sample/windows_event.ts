import type { Device } from './device.ts';

/** The log's own fields in each of its events. */
export interface EventLog {
  readonly provider: string;
  readonly channel: string;
  /** Hexadecimal digits of `Keywords`. */
  readonly keywords: string;
}

/** One event of a Windows event log, before a carrier has collected it. */
export interface SampleWindowsEvent {
  readonly log: EventLog;
  readonly id: number;
  readonly version: number;
  readonly task: number;
  /** Title of the event in its manifest. */
  readonly title: string;
  readonly device: Device;
  readonly recordId: number;
  /** Process of the service that writes the log. The process of the event is in `data`. */
  readonly serviceId: number;
  readonly threadId: number;
  /** Time of writing, in ms since the Unix epoch. */
  readonly createdMs: number;
  /** Time of collection by the carrier, in ms since the Unix epoch. */
  readonly collectedMs: number;
  /** Whether the event is a connection that counts: outbound, by a program of the device. */
  readonly counts: boolean;
  /** EventData: names and texts in the order of the manifest. */
  readonly data: readonly (readonly [name: string, value: string])[];
}

/** The fields of one kind of event; the log adds the others. */
export interface Happening {
  readonly id: number;
  readonly version: number;
  readonly task: number;
  readonly title: string;
  readonly atMs: number;
  readonly counts: boolean;
  readonly data: SampleWindowsEvent['data'];
}

/** A log of one device. Call `hour` once per hour, in order. */
export interface LogWriter {
  /** The events of one hour of the tenant, in order of time. */
  hour(hour: number): SampleWindowsEvent[];
}
