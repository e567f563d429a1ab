import { BlobServiceClient } from '@azure/storage-blob';
import { describe, expect, it } from 'vitest';
import { startAzurite } from '../../../../tools/local/azurite.ts';

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('startAzurite', () => {
  it('gives accounts of their own, until it is stopped, however often', async () => {
    const azurite = await startAzurite({ accounts: ['one', 'two'] });
    try {
      const containers = async (account?: string): Promise<string[]> => {
        const names: string[] = [];
        const blobs = BlobServiceClient.fromConnectionString(azurite.connectionString(account));
        for await (const { name } of blobs.listContainers()) names.push(name);
        return names;
      };
      await BlobServiceClient.fromConnectionString(azurite.connectionString()).createContainer('mine');
      expect(await containers('one')).toEqual(['mine']);
      expect(await containers('two')).toEqual([]);
      expect(isRunning(azurite.pid)).toBe(true);
    } finally {
      await azurite.stop();
    }
    await azurite.stop();
    expect(isRunning(azurite.pid)).toBe(false);
  });

  it('throws if it does not listen in time', async () => {
    await expect(startAzurite({ timeoutMs: 1 })).rejects.toThrow('Azurite does not listen after 1 ms');
  });
});
