import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { startAzurite } from '../../tools/local/azurite.ts';

/** Storage accounts of one run: each test takes one that no other test has. */
const ACCOUNTS = Array.from({ length: 2000 }, (_, index) => `test${index}`);

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection string of the account `test0`. */
    azurite: string;
    /** A folder with one empty folder per account in use: the counter that all workers share. */
    accountsInUse: string;
  }
}

/** vitest's globalSetup: one Azurite for all test files of a project. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  // A busy machine can take longer than the default of 30 s.
  const azurite = await startAzurite({ accounts: ACCOUNTS, timeoutMs: 600_000 });
  const accountsInUse = await mkdtemp(join(tmpdir(), 'beaconwatch-accounts-'));
  provide('azurite', azurite.connectionString('test0'));
  provide('accountsInUse', accountsInUse);
  return async () => {
    await azurite.stop();
    await rm(accountsInUse, { recursive: true, force: true });
  };
}

let next = 0;

/**
 * The connection string of an empty storage account that no other test of this run has had or will have.
 * `freshAccount(inject('azurite'))`
 */
export async function freshAccount(azurite: string): Promise<string> {
  while (next < ACCOUNTS.length) {
    const account = ACCOUNTS[next] as string;
    const isOurs = await take(join(inject('accountsInUse'), String(next++)));
    if (isOurs) return azurite.replaceAll('test0', account);
  }
  throw new Error('No storage account of the emulator is left: raise ACCOUNTS in test/support/azurite.ts.');
}

/** Of several workers that make the same folder exactly one succeeds. */
async function take(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
