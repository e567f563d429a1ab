import type { RecordFormat } from '../core/records/reading.ts';
import { SOURCES, type Source } from '../core/records/report.ts';
import { defender } from '../core/sources/defender.ts';
import { defenderRaw } from '../core/sources/defender_raw.ts';
import { sysmon } from '../core/sources/sysmon.ts';
import { wfp } from '../core/sources/wfp.ts';
import { zeek } from '../core/sources/zeek.ts';

const FORMATS: Readonly<Record<Source, RecordFormat>> = {
  defender,
  'defender-raw': defenderRaw,
  sysmon,
  wfp,
  zeek,
};

/** The formats of these sources, in the order in which they are tried on a record. */
export function formatsOf(sources: readonly Source[]): readonly RecordFormat[] {
  return SOURCES.filter((source) => sources.includes(source)).map((source) => FORMATS[source]);
}

/** All other formats, by source. */
export function formatsBeside(formats: readonly RecordFormat[]): ReadonlyMap<Source, RecordFormat> {
  const inactive = SOURCES.filter((source) => !formats.some((format) => (format.wraps ?? format) === FORMATS[source]));
  return new Map(inactive.map((source) => [source, FORMATS[source]]));
}
