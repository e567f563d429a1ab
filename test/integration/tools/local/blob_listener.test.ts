import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { BlobListener } from '../../../../tools/local/blob_listener.ts';
import { freshAccount } from '../../../support/azurite.ts';

let container: ContainerClient;
beforeAll(async () => {
  const service = BlobServiceClient.fromConnectionString(await freshAccount(inject('azurite')));
  container = service.getContainerClient('exports');
});

async function append(name: string, text: string): Promise<void> {
  const blob = container.getAppendBlobClient(name);
  await blob.createIfNotExists();
  await blob.appendBlock(text, text.length);
}

describe('BlobListener', () => {
  it('runs once for every new or grown blob, and reports a pass without changes', async () => {
    const names: string[] = [];
    const settings = { maxDegreeOfParallelism: 1, poisonBlobThreshold: 5 };
    const listener = new BlobListener({ container, settings, handle: async (name) => names.push(name) });
    const pass = async (): Promise<string[]> => {
      await listener.step();
      return names.splice(0);
    };
    expect(await pass()).toEqual([]);
    await container.create();
    await append('a', '1');
    await append('b/c', '1');
    expect(await pass()).toEqual(['a', 'b/c']);
    expect(listener.quietSince).toBe(null);
    const before = performance.now();
    expect(await pass()).toEqual([]);
    expect(listener.quietSince).toBeGreaterThanOrEqual(before);
    await append('b/c', '2');
    expect(await pass()).toEqual(['b/c']);
    expect(listener.quietSince).toBe(null);
  });

  it('tries a blob again that failed, as often as host.json says, until it changes', async () => {
    await container.createIfNotExists();
    await append('bad', '1');
    let tries = 0;
    const handle = async (name: string): Promise<void> => {
      if (name !== 'bad') return;
      tries++;
      throw new Error('as planned');
    };
    const settings = { maxDegreeOfParallelism: 2, poisonBlobThreshold: 3 };
    const listener = new BlobListener({ container, settings, handle });
    for (let pass = 1; pass <= 4; pass++) await listener.step();
    expect(tries).toBe(3);
    expect(listener.poisoned).toEqual([{ name: 'bad', reason: 'as planned' }]);
    await append('bad', '2');
    await listener.step();
    expect(tries).toBe(4);
  });
});
