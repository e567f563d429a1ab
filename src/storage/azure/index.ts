import type { Stores } from '../ports/stores.ts';
import type { StorageClients } from './clients.ts';
import { AzureContextFiles } from './context.ts';
import { AzureCountFiles } from './count_files.ts';
import { AzureDeadLetters } from './dead_letters.ts';
import { AzureDetections } from './detections.ts';
import { AzureExportStates } from './export_states.ts';
import { AzureExports } from './exports.ts';
import { AzureHourlyCounts } from './hourly_counts.ts';
import { AzureOutbox } from './outbox.ts';
import { AzureQueues } from './queues.ts';
import { AzureRuns } from './runs.ts';
import { AzureSinkStates } from './sinks.ts';
import { AzureSuppressions } from './suppressions.ts';

/**
 * All ports on one storage account. `exports` is the account of the exports, and `triggers` that of the queues of the host's
 * blob trigger; null where there is no trigger, because the connection to the exports need not reach queues then.
 */
export function azureStores(
  state: StorageClients,
  exports: StorageClients = state,
  triggers: StorageClients | null = exports,
): Stores {
  return {
    exports: new AzureExports(exports),
    exportStates: new AzureExportStates(state),
    hourlyCounts: new AzureHourlyCounts(state),
    countFiles: new AzureCountFiles(state),
    context: new AzureContextFiles(state),
    deadLetters: new AzureDeadLetters(state),
    detections: new AzureDetections(state),
    outbox: new AzureOutbox(state),
    runs: new AzureRuns(state),
    sinks: new AzureSinkStates(state),
    suppressions: new AzureSuppressions(state),
    queues: new AzureQueues(state, triggers),
  };
}
