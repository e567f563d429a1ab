import { Readable } from 'node:stream';
import { beforeEach, describe, expect, inject, it } from 'vitest';
import { type StorageClients, storageClients } from '../../../../src/storage/azure/clients.ts';
import { AzureExports } from '../../../../src/storage/azure/exports.ts';
import type { RequestPolicy } from '../../../../src/storage/azure/request_policy.ts';
import { StoreError } from '../../../../src/storage/ports/store_error.ts';
import { all } from '../../../contract/samples.ts';
import { AsTheService } from '../../../support/azure/service.ts';
import { freshAccount } from '../../../support/azurite.ts';

const ref = { container: 'exports', name: 'PT1H.json' };
const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 7 + (n >> 8)) & 0xff));

describe('Exports.read', () => {
  let value: string;
  let plain: StorageClients;
  beforeEach(async () => {
    value = await freshAccount(inject('azurite'));
    plain = storageClients({ kind: 'connectionString', value });
    await plain.blobs.getContainerClient('exports').create();
    await appendBlob().create();
    await appendBlob().appendBlock(CONTENT, CONTENT.length);
  });
  const appendBlob = () => plain.blobs.getContainerClient('exports').getAppendBlobClient(ref.name);

  /** Bytes read while the first connections break after some of the bytes, and `meanwhile` happens. */
  const readBroken = async (breaks: number, meanwhile: () => Promise<unknown>): Promise<Buffer> => {
    let left = breaks;
    const policy: RequestPolicy = {
      name: 'breaking',
      sendRequest: async (request, next) => {
        const answer = await next(request);
        const body = answer.readableStreamBody;
        if (request.method !== 'GET' || !body || answer.status > 206 || left-- <= 0) return answer;
        await meanwhile();
        return { ...answer, readableStreamBody: Readable.from(firstBytes(body, 1_000 + left)) };
      },
    };
    const clients = storageClients({ kind: 'connectionString', value }, { policy, retry: { delayMs: 1 } });
    return Buffer.concat(await all(new AzureExports(clients).read(ref, 100, CONTENT.length)));
  };

  it('continues where the connection broke', async () => {
    const read = await readBroken(3, async () => {});
    expect(read.equals(CONTENT.subarray(100))).toBe(true);
  });

  it('continues where the connection broke if the export grew meanwhile', async () => {
    const read = await readBroken(3, () => appendBlob().appendBlock('more', 4));
    expect(read.equals(CONTENT.subarray(100))).toBe(true);
  });

  it('throws where the export was replaced meanwhile', async () => {
    const replace = async (): Promise<void> => {
      // The emulator, as the service, has times of creation in whole seconds.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      await appendBlob().create();
      await appendBlob().appendBlock(CONTENT.toReversed(), CONTENT.length);
    };
    await expect(readBroken(1, replace)).rejects.toThrow('exports: read of an export: it was replaced meanwhile');
  });

  it('throws where the connection breaks again and again', async () => {
    await expect(readBroken(100, () => appendBlob().appendBlock('more', 4))).rejects.toThrow('exports: read');
  });

  it('gives nothing at the end, also where the service answers 416 as Azure does', async () => {
    const policy = new AsTheService();
    const clients = storageClients({ kind: 'connectionString', value }, { policy });
    expect(await all(new AzureExports(clients).read(ref, CONTENT.length, CONTENT.length + 10))).toEqual([]);
    expect([...policy.answers.keys()]).toEqual(['InvalidRange']);
  });

  it('names the container where it fails, and neither the export nor a URL', async () => {
    const read = new AzureExports(plain).read({ container: 'exports', name: 'secret' }, 0, 1);
    const error = await all(read).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect(String(error)).toBe('StoreError: exports: read of an export failed (404 BlobNotFound)');
  });
});

async function* firstBytes(body: AsyncIterable<Buffer | string>, count: number): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    yield Buffer.from(chunk).subarray(0, count);
    return;
  }
}
