import { describe, expect, inject, it } from 'vitest';
import { bin } from '../../../../src/core/kql/bin.ts';
import { dayOf } from '../../../../src/core/records/day.ts';
import { type StorageClientOptions, storageClients } from '../../../../src/storage/azure/clients.ts';
import { AzureHourlyCounts } from '../../../../src/storage/azure/hourly_counts.ts';
import type { ContributionRow, HourlyCounts } from '../../../../src/storage/ports/hourly_counts.ts';
import { StoreError } from '../../../../src/storage/ports/store_error.ts';
import { contribution, groupId, P3, rowsOf, T0 } from '../../../contract/samples.ts';
import { answering, failedTransaction, RequestLog, response } from '../../../support/azure/policies.ts';
import { AsTheService } from '../../../support/azure/service.ts';
import { freshClients } from '../../../support/azure/stores.ts';
import { freshAccount } from '../../../support/azurite.ts';
import { hoursOf } from '../../../support/storage/counts.ts';

const QUICK = { retry: { retries: 2, delayMs: 1, maxDelayMs: 2 } };
/** With the entry of their hour a full transaction. */
const rows = Array.from({ length: 99 }, (_, n) => contribution({ groupId: groupId(n) }));
const D20 = dayOf(T0);
const H08 = bin(T0, '1h');
const TABLE = 'HourlyCountsV2D20261120';

const merge = (store: HourlyCounts, some: readonly ContributionRow[] = rows, mayCreate = true) =>
  store.merge(P3, D20, some, hoursOf(some), { mayCreate });
const scan = (store: HourlyCounts) => rowsOf(store.hour(P3, H08));
const entriesIn = (store: HourlyCounts) => rowsOf(store.touched(P3, D20));

/** Two views on one account, one of them through a policy; the table is there already. */
async function storesWith(options: StorageClientOptions): Promise<readonly [AzureHourlyCounts, AzureHourlyCounts]> {
  const value = await freshAccount(inject('azurite'));
  const plain = new AzureHourlyCounts(storageClients({ kind: 'connectionString', value }));
  const day = { partitionKey: '4', rowKey: 'x' };
  const table = storageClients({ kind: 'connectionString', value }).table(TABLE);
  await table.createTable();
  await table.createEntity(day);
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
    expect(await merge(store)).toEqual([]);
    expect(busy).toBe(-1);
    expect(await scan(plain)).toHaveLength(99);
  });

  it('throws a StoreError when the service stays busy, which says what and where, and no telemetry', async () => {
    let tries = 0;
    const policy = answering((request) => {
      tries++;
      return failedTransaction(request, 503, 'ServerBusy', '0:https://account.example/?wks-0417 is busy');
    });
    const [store] = await storesWith({ policy });
    const error = await merge(store).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({
      message: 'HourlyCountsV2D20261120: merge of partition 3 failed (503 ServerBusy)',
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
    expect(await merge(store, poisoned)).toEqual([{ row: poisoned[40], code: 'InvalidInput' }]);
    expect(await scan(plain)).toHaveLength(98);
    expect(await entriesIn(plain)).toHaveLength(1);
  });

  it('sends rows one by one where the service blames none', async () => {
    const policy = answering((request) =>
      String(request.body).includes('poison')
        ? failedTransaction(request, 400, 'EntityTooLarge', 'The entity is larger than allowed.')
        : null,
    );
    const [store, plain] = await storesWith({ policy });
    const poisoned = rows.map((row, n) => (n % 40 === 0 ? { ...row, DeviceName: 'poison' } : row));
    const refusals = await merge(store, poisoned);
    expect(refusals !== 'closed' && refusals.map(({ code }) => code)).toEqual(Array(3).fill('EntityTooLarge'));
    expect(await scan(plain)).toHaveLength(96);
  });

  it('halves what is over 4 MiB together', async () => {
    const log = new RequestLog();
    const [store, plain] = await storesWith({ policy: log.policy });
    // 99 rows of 96 KB each: the emulator takes no more than 43 of them at once.
    const large = rows.map((row) => ({ ...row, DeviceName: 'x'.repeat(32_000), RemoteIP: '\u00e9'.repeat(32_000) }));
    expect(await merge(store, large)).toEqual([]);
    expect(log.take()).toHaveLength(7);
    expect(await scan(plain)).toHaveLength(99);
  });

  it.each([
    [400, 'InvalidHeaderValue'],
    [400, 'CommandsInBatchActOnDifferentPartitions'],
    [403, 'AuthenticationFailed'],
    [404, 'ResourceNotFound'],
  ])('throws on %i %s: it is not about the rows', async (status, code) => {
    const policy = answering((request) => failedTransaction(request, status, code, '0:Some words.'));
    const [store] = await storesWith({ policy });
    await expect(merge(store)).rejects.toMatchObject({ name: 'StoreError', status, code });
  });

  it.each([
    [404, 'TableNotFound'],
    [409, 'TableBeingDeleted'],
  ])('is closed on %i %s, where the table may not be created', async (status, code) => {
    const policy = answering((request) => failedTransaction(request, status, code, '0:Some words.'));
    const [store] = await storesWith({ policy });
    expect(await merge(store, rows, false)).toBe('closed');
  });

  it('is closed where the table is being deleted, and where that stops its creation', async () => {
    const deleting = (request: Parameters<typeof failedTransaction>[0]) =>
      response(
        request,
        409,
        { 'x-ms-error-code': 'TableBeingDeleted' },
        '{"odata.error":{"code":"TableBeingDeleted"}}',
      );
    const policy = answering((request) =>
      request.url.includes('$batch')
        ? failedTransaction(request, 404, 'TableNotFound', '0:Some words.')
        : deleting(request),
    );
    const [store] = await storesWith({ policy });
    expect(await merge(store)).toBe('closed');
  });

  it('throws when the service does not answer', async () => {
    const value = (await freshAccount(inject('azurite'))).replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:1');
    const store = new AzureHourlyCounts(storageClients({ kind: 'connectionString', value }, QUICK));
    await expect(merge(store)).rejects.toThrow('HourlyCountsV2D20261120: merge of partition 3 failed (ECONNREFUSED)');
  });

  it('writes U+2028 and U+2029, which cut a line in two for some', async () => {
    const store = new AzureHourlyCounts(await freshClients());
    const odd = rows
      .slice(0, 2)
      .map((row) => ({ ...row, DeviceName: 'a\u2028{"\u2029}', facts: { RemoteUrl: '\u2028' } }));
    expect(await merge(store, odd)).toEqual([]);
    expect((await scan(store)).map((row) => row.DeviceName)).toEqual(odd.map((row) => row.DeviceName));
  });
});

describe('HourlyCounts.hour', () => {
  it('continues after an empty page with a continuation token', async () => {
    // As after five seconds, and at the border of a partition.
    const policy = new AsTheService();
    const [store, plain] = await storesWith({ policy });
    await merge(plain);
    expect(await scan(store)).toHaveLength(99);
    expect(Object.fromEntries(policy.answers)).toEqual({ 'empty page': 1, 'empty last page': 1 });
  });

  it('skips a row that is not ours, and gives the others', async () => {
    const clients = await freshClients();
    const store = new AzureHourlyCounts(clients);
    await merge(store);
    for (const rowKey of ['08|foreign', 'foreign'])
      await clients.table(TABLE).createEntity({ partitionKey: '3', rowKey, Source: 'defender' });
    expect(await scan(store)).toHaveLength(rows.length);
  });

  it('throws while its table is being deleted, rather than find it empty', async () => {
    const policy = answering((request) =>
      request.method === 'GET'
        ? response(request, 409, {}, '{"odata.error":{"code":"TableBeingDeleted","message":{"value":"x"}}}')
        : null,
    );
    const [store] = await storesWith({ policy });
    await expect(scan(store)).rejects.toThrow('HourlyCountsV2D20261120: scan of partition 3 failed (409');
  });
});

describe('HourlyCounts.settle', () => {
  const some = rows.slice(0, 50);
  const groups = some.map(({ groupId: id }) => ({ hour: H08, groupId: id, segmentId: 'a5'.repeat(16) }));

  it('takes one request for a hundred entries', async () => {
    const log = new RequestLog();
    const [store, plain] = await storesWith({ policy: log.policy });
    await plain.merge(P3, D20, some, groups, { mayCreate: true });
    const entries = await entriesIn(plain);
    log.take();
    await store.settle(P3, D20, entries);
    expect(log.take()).toEqual(['POST $batch']);
    expect(await entriesIn(plain)).toEqual([]);
  });

  it('removes each alone where one was written again, and keeps that one', async () => {
    const log = new RequestLog();
    const [store, plain] = await storesWith({ policy: log.policy });
    await plain.merge(P3, D20, some, groups, { mayCreate: true });
    const entries = await entriesIn(plain);
    await plain.merge(P3, D20, some.slice(7, 8), groups.slice(7, 8), { mayCreate: true });
    await store.settle(P3, D20, entries);
    expect(log.take()).toEqual(['POST $batch', ...Array.from({ length: 50 }, () => `DELETE ${TABLE}()`)]);
    expect((await entriesIn(plain)).map((entry) => entry.groupId)).toEqual([rows[7]?.groupId]);
  });
});

describe('HourlyCounts.removeDay', () => {
  it('ignores a table that is being deleted, and throws other errors', async () => {
    let code = 'TableBeingDeleted';
    const policy = answering((request) =>
      request.method === 'DELETE'
        ? response(request, 409, {}, `{"odata.error":{"code":"${code}","message":{"value":"x"}}}`)
        : null,
    );
    const [store] = await storesWith({ policy });
    await store.removeDay(D20);
    code = 'OtherConflict';
    await expect(store.removeDay(D20)).rejects.toThrow('HourlyCountsV2D20261120: delete failed (409 OtherConflict)');
  });
});

describe('HourlyCounts.days', () => {
  it('ignores tables of other names, and otherFormats names them', async () => {
    const clients = await freshClients();
    const names = [
      'HourlyCounts',
      'HourlyCountsV2D20261131',
      'HourlyCountsV2D2026112',
      'HourlyCountsV3D20261120',
      'Runs',
    ];
    for (const name of [...names, TABLE]) await clients.table(name).createTable();
    const store = new AzureHourlyCounts(clients);
    expect(await store.days()).toEqual([D20]);
    expect(await store.otherFormats()).toEqual(names.filter((name) => name !== 'Runs').sort());
  });
});
