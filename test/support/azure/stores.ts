import { inject } from 'vitest';
import { type StorageClientOptions, type StorageClients, storageClients } from '../../../src/storage/azure/clients.ts';
import { azureStores } from '../../../src/storage/azure/index.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { freshAccount } from '../azurite.ts';

/** Clients of an empty storage account of the emulator. */
export async function freshClients(options: StorageClientOptions = {}): Promise<StorageClients> {
  return storageClients({ kind: 'connectionString', value: await freshAccount(inject('azurite')) }, options);
}

/** Two workers on one empty storage account, each with clients of its own. */
export function twoWorkers<Name extends keyof Stores>(
  name: Name,
): () => Promise<readonly [Stores[Name], Stores[Name]]> {
  return async () => {
    const value = await freshAccount(inject('azurite'));
    const worker = (): Stores[Name] => azureStores(storageClients({ kind: 'connectionString', value }))[name];
    return [worker(), worker()];
  };
}
