import { describe, expect, inject, it } from 'vitest';
import { type StorageClientOptions, storageClients } from '../../../../src/storage/azure/clients.ts';
import { AzureHourlyCounts } from '../../../../src/storage/azure/hourly_counts.ts';
import { StoreError } from '../../../../src/storage/ports/store_error.ts';
import { contribution, groupId, P3, rowsOf } from '../../../contract/samples.ts';
import { answering, failedTransaction, RequestLog, response } from '../../../support/azure/policies.ts';
import { AsTheService } from '../../../support/azure/service.ts';
import { freshClients } from '../../../support/azure/stores.ts';
import { freshAccount } from '../../../support/azurite.ts';

const QUICK = { retry: { retries: 2, delayMs: 1, maxDelayMs: 2 } };
const rows = Array.from({ length: 100 }, (_, n) => contribution({ groupId: groupId(n) }));

/** Two views on one account, one of them through a policy; the table is there already. */
async function storesWith(options: StorageClientOptions): Promise<readonly [AzureHourlyCounts, AzureHourlyCounts]> {
  const value = await freshAccount(inject('azurite'));
  const plain = new AzureHourlyCounts(storageClients({ kind: 'connectionString', value }));
  await plain.merge(P3, [contribution()]);
  await plain.remove(P3, [contribution()]);
  return [new AzureHourlyCounts(storageClients({ kind: 'connectionString', value }, { ...QUICK, ...options })), plain];
}

describe('HourlyCounts.merge', () => {
  it.each([
    [503, 'ServerBusy'],
    [500, 'OperationTimedOut'],
    [429, 'TooManyRequests'],
  ])('continues after the error %i %s within a transaction', async (status, code) => {
    let busy = 2;
    const policy = answering((request) =>
      busy-- > 0 ? failedTransaction(request, status, code, '0:The server is busy.') : null,
    );
    const [store, plain] = await storesWith({ policy });
    expect(await store.merge(P3, rows)).toEqual([]);
    expect(busy).toBe(-1);
    expect(await rowsOf(plain.scan(P3))).toHaveLength(100);
  });

  it('throws a StoreError when the service stays busy, which says what and where, and no telemetry', async () => {
    let tries = 0;
    const policy = answering((request) => {
      tries++;
      return failedTransaction(request, 503, 'ServerBusy', '0:https://account.example/?wks-0417 is busy');
    });
    const [store] = await storesWith({ policy });
    const error = await store.merge(P3, rows).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({
      message: 'HourlyCounts: merge of partition 3 failed (503 ServerBusy)',
      status: 503,
      code: 'ServerBusy',
      cause: { name: 'RestError' },
    });
    expect((error as Error).stack).not.toMatch(/account\.example|wks-0417/);
    expect(tries).toBe(3);
  });

  it('gives up the row that is refused, also where the service blames another', async () => {
    const policy = answering((request) => {
      const body = String(request.body);
      const count = body.split('PUT http').length - 1;
      return body.includes('poison')
        ? failedTransaction(request, 400, 'InvalidInput', `${count - 1}:One of the request inputs is not valid.`)
        : null;
    });
    const [store, plain] = await storesWith({ policy });
    const poisoned = rows.map((row, n) => (n === 40 ? { ...row, DeviceName: 'poison' } : row));
    expect(await store.merge(P3, poisoned)).toEqual([{ row: poisoned[40], code: 'InvalidInput' }]);
    expect(await rowsOf(plain.scan(P3))).toHaveLength(99);
  });

  it('sends rows one by one where the service blames none', async () => {
    const policy = answering((request) =>
      String(request.body).includes('poison')
        ? failedTransaction(request, 400, 'EntityTooLarge', 'The entity is larger than allowed.')
        : null,
    );
    const [store, plain] = await storesWith({ policy });
    const poisoned = rows.map((row, n) => (n % 40 === 0 ? { ...row, DeviceName: 'poison' } : row));
    const refusals = await store.merge(P3, poisoned);
    expect(refusals.map(({ code }) => code)).toEqual(Array(3).fill('EntityTooLarge'));
    expect(await rowsOf(plain.scan(P3))).toHaveLength(97);
  });

  it('halves what is over 4 MiB together', async () => {
    const log = new RequestLog();
    const [store, plain] = await storesWith({ policy: log.policy });
    // 100 rows of 96 KB each: the emulator takes no more than 43 of them at once.
    const large = rows.map((row) => ({ ...row, DeviceName: 'x'.repeat(32_000), RemoteIP: '\u00e9'.repeat(32_000) }));
    expect(await store.merge(P3, large)).toEqual([]);
    expect(log.take()).toHaveLength(7);
    expect(await rowsOf(plain.scan(P3))).toHaveLength(100);
  });

  it.each([
    [400, 'InvalidHeaderValue'],
    [400, 'CommandsInBatchActOnDifferentPartitions'],
    [403, 'AuthenticationFailed'],
    [404, 'ResourceNotFound'],
    [409, 'TableBeingDeleted'],
  ])('throws on %i %s: it is not about the rows', async (status, code) => {
    const policy = answering((request) => failedTransaction(request, status, code, '0:Some words.'));
    const [store] = await storesWith({ policy });
    await expect(store.merge(P3, rows)).rejects.toMatchObject({ name: 'StoreError', status, code });
  });

  it('throws when the service does not answer', async () => {
    const value = (await freshAccount(inject('azurite'))).replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:1');
    const store = new AzureHourlyCounts(storageClients({ kind: 'connectionString', value }, QUICK));
    await expect(store.merge(P3, rows)).rejects.toThrow('HourlyCounts: merge of partition 3 failed (ECONNREFUSED)');
  });

  it('writes U+2028 and U+2029, which cut a line in two for some', async () => {
    const store = new AzureHourlyCounts(await freshClients());
    const odd = rows
      .slice(0, 2)
      .map((row) => ({ ...row, DeviceName: 'a\u2028{"\u2029}', facts: { RemoteUrl: '\u2028' } }));
    expect(await store.merge(P3, odd)).toEqual([]);
    expect((await rowsOf(store.scan(P3))).map((row) => row.DeviceName)).toEqual(odd.map((row) => row.DeviceName));
  });
});

describe('HourlyCounts.scan', () => {
  it('continues after an empty page with a continuation token', async () => {
    // As after five seconds, and at the border of a partition.
    const policy = new AsTheService();
    const [store, plain] = await storesWith({ policy });
    await plain.merge(P3, rows);
    expect(await rowsOf(store.scan(P3))).toHaveLength(100);
    expect(Object.fromEntries(policy.answers)).toEqual({ 'empty page': 1, 'empty last page': 1 });
  });

  it('skips a row that is not ours, and gives the others', async () => {
    const clients = await freshClients();
    const store = new AzureHourlyCounts(clients);
    await store.merge(P3, rows);
    await clients.table('HourlyCounts').createEntity({ partitionKey: '3', rowKey: 'foreign', Source: 'defender' });
    expect(await rowsOf(store.scan(P3))).toHaveLength(rows.length);
  });

  it('throws while its table is being deleted, rather than find it empty', async () => {
    const policy = answering((request) =>
      request.method === 'GET'
        ? response(request, 409, {}, '{"odata.error":{"code":"TableBeingDeleted","message":{"value":"x"}}}')
        : null,
    );
    const [store] = await storesWith({ policy });
    await expect(rowsOf(store.scan(P3))).rejects.toThrow('HourlyCounts: scan of partition 3 failed (409');
  });
});
