import type { SampleWindowsEvent } from '../windows_event.ts';

/** What carries events out of their log: the file that it writes each into, and the record that it makes of it. */
export interface Carrier {
  /** Name of the container or folder. */
  readonly container: string;
  /** Where in the container the event goes: by time, as the product does it. */
  placeOf(event: SampleWindowsEvent): string;
  /** One record, to be written as one line of JSON. */
  recordOf(event: SampleWindowsEvent): object;
}
