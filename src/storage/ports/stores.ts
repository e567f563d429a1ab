import type { ContextFiles } from './context.ts';
import type { CountFiles } from './count_files.ts';
import type { DeadLetters } from './dead_letters.ts';
import type { Detections } from './detections.ts';
import type { ExportStates } from './export_states.ts';
import type { ExportStore } from './exports.ts';
import type { HourlyCounts } from './hourly_counts.ts';
import type { Outbox } from './outbox.ts';
import type { Queues } from './queues.ts';
import type { Runs } from './runs.ts';
import type { SinkStates } from './sink_states.ts';
import type { Suppressions } from './suppressions.ts';

/** All ports of storage. */
export interface Stores {
  readonly exports: ExportStore;
  readonly exportStates: ExportStates;
  readonly hourlyCounts: HourlyCounts;
  readonly countFiles: CountFiles;
  readonly context: ContextFiles;
  readonly deadLetters: DeadLetters;
  readonly detections: Detections;
  readonly outbox: Outbox;
  readonly runs: Runs;
  readonly sinks: SinkStates;
  readonly suppressions: Suppressions;
  readonly queues: Queues;
}
