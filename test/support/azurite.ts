import { BlobServiceClient } from '@azure/storage-blob';
import type { TestProject } from 'vitest/node';
import { startAzurite } from '../../tools/local/azurite.ts';

/** Storage accounts of one run: each test takes one that nobody has had. */
const ACCOUNTS = Array.from({ length: 2000 }, (_, index) => `test${index}`);
const TAKEN = 'taken';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection string of the account `test0`. */
    azurite: string;
  }
}

/** vitest's globalSetup: one Azurite for all test files. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const azurite = await startAzurite({ accounts: ACCOUNTS });
  provide('azurite', azurite.connectionString('test0'));
  return () => azurite.stop();
}

/**
 * The connection string of an empty storage account that no other test of this run has had or will have.
 * `freshAccount(inject('azurite'))`
 */
export async function freshAccount(azurite: string): Promise<string> {
  const start = Math.floor(Math.random() * ACCOUNTS.length);
  for (let step = 0; step < ACCOUNTS.length; step++) {
    const account = ACCOUNTS[(start + step) % ACCOUNTS.length] as string;
    const connectionString = azurite.replaceAll('test0', account);
    const blobs = BlobServiceClient.fromConnectionString(connectionString);
    const { succeeded } = await blobs.getContainerClient(TAKEN).createIfNotExists();
    if (succeeded) return connectionString;
  }
  throw new Error('no storage account of the emulator is left: raise their number in test/support/azurite.ts');
}
