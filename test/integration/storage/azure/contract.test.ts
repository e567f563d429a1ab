import { describe, inject } from 'vitest';
import { storageClients } from '../../../../src/storage/azure/clients.ts';
import { azureStores } from '../../../../src/storage/azure/index.ts';
import type { Messages } from '../../../../src/storage/ports/queues.ts';
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
import { freshClients, twoWorkers } from '../../../support/azure/stores.ts';
import { freshAccount } from '../../../support/azurite.ts';

describe('HourlyCounts on Azure', () => hourlyCountsContract(twoWorkers('hourlyCounts')));
describe('ExportStates on Azure', () => exportStatesContract(twoWorkers('exportStates')));
describe('CountFiles on Azure', () => countFilesContract(twoWorkers('countFiles')));
describe('ContextFiles on Azure', () => contextFilesContract(twoWorkers('context')));
describe('DeadLetters on Azure', () => deadLettersContract(twoWorkers('deadLetters')));
describe('Detections on Azure', () => detectionsContract(twoWorkers('detections')));
describe('Outbox on Azure', () =>
  outboxContract(async () => {
    const value = await freshAccount(inject('azurite'));
    const worker = () => azureStores(storageClients({ kind: 'connectionString', value }));
    return [worker(), worker()];
  }));
describe('Runs on Azure', () => runsContract(twoWorkers('runs')));
describe('SinkStates on Azure', () => sinkStatesContract(twoWorkers('sinks')));
describe('Suppressions on Azure', () => suppressionsContract(twoWorkers('suppressions')));

describe('ExportStore on Azure', () =>
  exportsContract(async () => {
    const clients = await freshClients();
    const blobOf = async (container: string, name: string) => {
      const client = clients.blobs.getContainerClient(container);
      await client.createIfNotExists();
      return client.getAppendBlobClient(name);
    };
    return {
      store: azureStores(clients).exports,
      createContainer: async (container) => {
        await clients.blobs.getContainerClient(container).createIfNotExists();
      },
      append: async ({ container, name }, bytes) => {
        const blob = await blobOf(container, name);
        await blob.createIfNotExists();
        if (bytes.length > 0) await blob.appendBlock(bytes, Buffer.byteLength(bytes));
      },
      replace: async ({ container, name }, bytes) => {
        const blob = await blobOf(container, name);
        await blob.create();
        await blob.appendBlock(bytes, Buffer.byteLength(bytes));
      },
      remove: async ({ container, name }) => {
        await (await blobOf(container, name)).delete();
      },
    };
  }));

describe('Queues on Azure', () =>
  queuesContract(async () => {
    const value = await freshAccount(inject('azurite'));
    const [one, two] = [0, 1].map(() => storageClients({ kind: 'connectionString', value }));
    if (!one || !two) throw new Error('unreachable');
    return {
      stores: [azureStores(one).queues, azureStores(two).queues],
      received: async (queue: keyof Messages) => {
        const { receivedMessageItems } = await one.queues
          .getQueueClient(queue)
          .receiveMessages({ numberOfMessages: 32 });
        // As the Functions host does with messageEncoding base64, its default.
        return receivedMessageItems.map(({ messageText }) => JSON.parse(Buffer.from(messageText, 'base64').toString()));
      },
      poison: async (queue, messages) => {
        const client = one.queues.getQueueClient(queue);
        await client.createIfNotExists();
        for (let n = 0; n < messages; n++) await client.sendMessage(`poison ${n}`);
      },
    };
  }));
