import { describe } from 'vitest';
import type { Stores } from '../../../../src/storage/ports/stores.ts';
import { contextFilesContract } from '../../../contract/context.contract.ts';
import { countFilesContract } from '../../../contract/count_files.contract.ts';
import { deadLettersContract } from '../../../contract/dead_letters.contract.ts';
import { detectionsContract } from '../../../contract/detections.contract.ts';
import { exportStatesContract } from '../../../contract/export_states.contract.ts';
import { exportsContract } from '../../../contract/exports.contract.ts';
import { hourlyCountsContract } from '../../../contract/hourly_counts.contract.ts';
import { outboxContract } from '../../../contract/outbox.contract.ts';
import { queuesContract } from '../../../contract/queues.contract.ts';
import { runsContract, sinkStatesContract } from '../../../contract/small_tables.contract.ts';
import { suppressionsContract } from '../../../contract/suppressions.contract.ts';
import { memoryStores } from '../../../fakes/stores.ts';

/** Two workers of one process share its memory. */
function twice<Name extends keyof Stores>(name: Name): () => Promise<readonly [Stores[Name], Stores[Name]]> {
  return async () => {
    const store: Stores[Name] = memoryStores()[name];
    return [store, store];
  };
}

describe('HourlyCounts in memory', () => hourlyCountsContract(twice('hourlyCounts')));
describe('ExportStates in memory', () => exportStatesContract(twice('exportStates')));
describe('CountFiles in memory', () => countFilesContract(twice('countFiles')));
describe('ContextFiles in memory', () => contextFilesContract(twice('context')));
describe('DeadLetters in memory', () => deadLettersContract(twice('deadLetters')));
describe('Detections in memory', () => detectionsContract(twice('detections')));
describe('Outbox in memory', () =>
  outboxContract(async () => {
    const stores = memoryStores();
    return [stores, stores];
  }));
describe('Runs in memory', () => runsContract(twice('runs')));
describe('SinkStates in memory', () => sinkStatesContract(twice('sinks')));
describe('Suppressions in memory', () => suppressionsContract(twice('suppressions')));

describe.each([
  ['', undefined],
  [', in pieces of any size', Math.random],
])('ExportStore in memory%s', (_what, random) =>
  exportsContract(async () => {
    const { exports: store } = memoryStores({ ...(random && { random }) });
    return {
      store,
      createContainer: async (container) => store.createContainer(container),
      append: async (ref, bytes) => store.append(ref, bytes),
      replace: async (ref, bytes) => store.replace(ref, bytes),
      remove: async (ref) => store.remove(ref),
    };
  }),
);

describe('Queues in memory', () =>
  queuesContract(async () => {
    const { queues } = memoryStores();
    return {
      stores: [queues, queues],
      received: async (queue) => queues[queue].splice(0),
      poison: async (queue, messages) => {
        queues.poison[queue] = messages;
      },
    };
  }));
