/**
 * Names in the storage account. The format of keys and rows is frozen per name: a new format needs a new name, so that two
 * versions of the code never mix rows.
 */
export const TABLES = {
  hourlyCounts: 'HourlyCounts',
  exports: 'Exports',
  detections: 'Detections',
  runs: 'Runs',
  sinks: 'Sinks',
  suppressions: 'Suppressions',
} as const;

export const DEAD_LETTERS_CONTAINER = 'dead-letters';

export const QUEUES = { ingest: 'ingest', score: 'score', notify: 'notify' } as const;

/** The host's queue for failed messages of the blob trigger. */
export const BLOB_TRIGGER_POISON = 'webjobs-blobtrigger-poison';
