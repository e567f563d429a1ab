import { type Day, isDay } from '../../core/records/day.ts';

/**
 * Names in the storage account. The format of keys and rows is frozen per name: a new format needs a new name, so that two
 * versions of the code never mix rows.
 */
export const TABLES = {
  /** A family: one table per format version and day, see `countsTableOf`. */
  hourlyCounts: 'HourlyCounts',
  exports: 'Exports',
  detections: 'Detections',
  runs: 'Runs',
  sinks: 'Sinks',
  suppressions: 'Suppressions',
} as const;

/**
 * The tables of HourlyCounts in this format begin with it; the day follows. Another format also needs another name for `Exports`: else the
 * exports that another version has read would be missing in the new tables (docs/adr/014).
 */
export const COUNTS_PREFIX = `${TABLES.hourlyCounts}V2D`;

/** The table of the rows of one day: `HourlyCountsV2D20261120`. */
export function countsTableOf(day: Day): string {
  return COUNTS_PREFIX + day.replaceAll('-', '');
}

/** The day of a table's name; null for the name of another table. */
export function dayOfTable(name: string): Day | null {
  const [, year, month, date] = /^HourlyCountsV2D(\d{4})(\d\d)(\d\d)$/.exec(name) ?? [];
  const day = `${year}-${month}-${date}`;
  return isDay(day) ? day : null;
}

export const DEAD_LETTERS_CONTAINER = 'dead-letters';
export const COUNT_FILES_CONTAINER = 'count-files';
export const CONTEXT_CONTAINER = 'context';

export const QUEUES = { ingest: 'ingest', score: 'score', notify: 'notify' } as const;

/** The host's queue for failed messages of the blob trigger. */
export const BLOB_TRIGGER_POISON = 'webjobs-blobtrigger-poison';
