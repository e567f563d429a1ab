import type { SampleWindowsEvent } from '../windows_event.ts';

/** A product that collects events from their log: the file of each event, and its record. */
export interface Carrier {
  /** Name of the container or folder. */
  readonly container: string;
  /** Name of the event's file in the container, by time, as the product names it. */
  placeOf(event: SampleWindowsEvent): string;
  /** The record, written as one line of JSON. */
  recordOf(event: SampleWindowsEvent): object;
}
