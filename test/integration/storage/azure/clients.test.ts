import { describe, expect, inject, it } from 'vitest';
import { type StorageConnection, storageClients } from '../../../../src/storage/azure/clients.ts';
import { azureStores } from '../../../../src/storage/azure/index.ts';
import type { Messages } from '../../../../src/storage/ports/queues.ts';
import { exportState } from '../../../contract/samples.ts';
import { RequestLog } from '../../../support/azure/policies.ts';
import { freshClients } from '../../../support/azure/stores.ts';
import { freshAccount } from '../../../support/azurite.ts';

describe('storageClients', () => {
  it('of a connection string reaches all three services, each through the policy, try by try', async () => {
    const log = new RequestLog();
    const value = await freshAccount(inject('azurite'));
    const broken = value.replace(/BlobEndpoint=http:..127.0.0.1:\d+/, 'BlobEndpoint=http://127.0.0.1:1');
    const stores = azureStores(
      storageClients(
        { kind: 'connectionString', value: broken },
        { policy: log.policy, retry: { retries: 2, delayMs: 1 } },
      ),
    );
    await stores.exportStates.get(exportState());
    await stores.queues.send('ingest', { container: 'c', name: 'n' });
    await expect(stores.exports.info(exportState())).rejects.toThrow('ECONNREFUSED');
    const seen = log.take().map((request) => request.split('/')[0] ?? '');
    expect(seen.filter((request) => request === 'GET Exports()')).toHaveLength(1);
    expect(seen.filter((request) => request === 'POST ingest')).toHaveLength(2);
    expect(seen.filter((request) => request.startsWith('HEAD'))).toHaveLength(3);
  });

  it('of an identity reaches the endpoints of the account, or those that are named', () => {
    const urls = (connection: Partial<StorageConnection>): string[] => {
      const clients = storageClients({ kind: 'identity', ...connection } as StorageConnection);
      return [clients.blobs.url, clients.queues.url, clients.table('Runs').url].map((url) => url.replace(/\/$/, ''));
    };
    expect(urls({ accountName: 'acme' })).toEqual([
      'https://acme.blob.core.windows.net',
      'https://acme.queue.core.windows.net',
      'https://acme.table.core.windows.net',
    ]);
    expect(urls({ accountName: 'acme', tableServiceUri: 'https://t.example.com', clientId: 'x' })[2]).toBe(
      'https://t.example.com',
    );
  });

  it('of an identity with one endpoint reaches that service, and says what is missing for the others', () => {
    const clients = storageClients({ kind: 'identity', blobServiceUri: 'https://b.example.com' });
    expect(clients.blobs.url).toMatch('https://b.example.com');
    expect(() => clients.queues).toThrow('names neither an accountName nor a queueServiceUri');
    expect(() => clients.table('Runs')).toThrow('tableServiceUri');
  });

  it('does not talk to tables over http unless the connection string names such an endpoint', async () => {
    const value = 'DefaultEndpointsProtocol=http;AccountName=acme;AccountKey=bG9jYWw=;EndpointSuffix=example.com';
    const stores = azureStores(storageClients({ kind: 'connectionString', value }, { retry: { retries: 0 } }));
    await expect(stores.exportStates.get(exportState())).rejects.toThrow('Exports: get');
  });
});

describe('a message', () => {
  it('travels as base64, which the Functions host expects', async () => {
    const clients = await freshClients();
    const message: Messages['ingest'] = { container: 'c', name: '<&>\u0001' };
    await azureStores(clients).queues.send('ingest', message);
    const { receivedMessageItems } = await clients.queues.getQueueClient('ingest').receiveMessages();
    const raw = receivedMessageItems[0]?.messageText ?? '';
    expect(raw).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(JSON.parse(Buffer.from(raw, 'base64').toString())).toEqual(message);
  });
});
