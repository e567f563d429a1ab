import type { Format } from './core/reading.ts';
import { SOURCES, type Source } from './core/report.ts';
import { defender } from './core/sources/defender.ts';

const FORMATS: Readonly<Record<Source, readonly Format[]>> = {
  defender: [defender],
  'defender-raw': [],
  sysmon: [],
  wfp: [],
};

/** The formats of these sources, in the order in which they are tried on a record. */
export function formatsOf(sources: readonly Source[]): readonly Format[] {
  return SOURCES.filter((source) => sources.includes(source)).flatMap((source) => FORMATS[source]);
}
