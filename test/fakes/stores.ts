import type { Clock } from '../../src/storage/ports/clock.ts';
import type { Stores } from '../../src/storage/ports/stores.ts';
import { MemoryContextFiles } from './context.ts';
import { MemoryCountFiles } from './count_files.ts';
import { MemoryDeadLetters } from './dead_letters.ts';
import { MemoryDetections } from './detections.ts';
import { MemoryExportStates } from './export_states.ts';
import { MemoryExports } from './exports.ts';
import { MemoryHourlyCounts } from './hourly_counts.ts';
import { DetectionsTable, MemoryOutbox } from './outbox.ts';
import { MemoryQueues } from './queues.ts';
import { MemoryRuns } from './runs.ts';
import { MemorySinkStates } from './sinks.ts';
import { MemorySuppressions } from './suppressions.ts';

export interface MemoryStores extends Stores {
  readonly exports: MemoryExports;
  readonly queues: MemoryQueues;
}

export interface MemoryStoresOptions {
  /** Says when exports were made and grew; the wall clock where none is given. */
  readonly clock?: Clock;
  /** From 0 to below 1: the sizes of the pieces in which exports are read. */
  readonly random?: () => number;
}

/** All ports in this process. They pass the contract suites that the adapters on Azure pass. */
export function memoryStores({ clock = Date.now, random }: MemoryStoresOptions = {}): MemoryStores {
  const table = new DetectionsTable();
  return {
    exports: new MemoryExports({ clock, ...(random && { random }) }),
    exportStates: new MemoryExportStates(),
    hourlyCounts: new MemoryHourlyCounts(),
    countFiles: new MemoryCountFiles(),
    context: new MemoryContextFiles(),
    deadLetters: new MemoryDeadLetters(clock),
    detections: new MemoryDetections(table),
    outbox: new MemoryOutbox(table),
    runs: new MemoryRuns(),
    sinks: new MemorySinkStates(),
    suppressions: new MemorySuppressions(),
    queues: new MemoryQueues(),
  };
}
