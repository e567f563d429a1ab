import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storageClients } from '../../../../src/storage/azure/clients.ts';
import { Table } from '../../../../src/storage/azure/table.ts';
import { answering, response } from '../../../support/azure/policies.ts';

const CONNECTION =
  'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c3R1Yg==;TableEndpoint=http://127.0.0.1:1/a;' +
  'BlobEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:1/a';

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A table whose requests are answered in this order. */
function tableOf(...answers: readonly Answer[]) {
  const asked: string[] = [];
  const policy = answering((request) => {
    const { status = 200, headers = {}, body } = answers[asked.length] as Answer;
    asked.push(new URL(request.url).search);
    const type = { 'content-type': 'application/json;odata=minimalmetadata' };
    return response(request, status, { ...type, ...headers }, body);
  });
  const clients = storageClients(
    { kind: 'connectionString', value: CONNECTION },
    { policy, retry: { retries: 1, delayMs: 1 } },
  );
  const page = (from = '') => new Table(clients, 'T').page('list', {}, 1000, from);
  return { asked, page, clients, all: () => Array.fromAsync(new Table(clients, 'T').pages('list', {})) };
}

const bodyOf = (value: unknown) => JSON.stringify({ 'odata.metadata': 'https://a/$metadata#T', value });
const ETAG = 'W/"datetime\'2026-11-20T11%3A11%3A11.1234567Z\'"';
const KEYS = { 'odata.etag': ETAG, PartitionKey: '3', RowKey: 'r' };

/** The columns of any row: each with its type where JSON does not show it. */
const column = fc.oneof(
  fc.string().map((value) => ({ value })),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((value) => ({ value })),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => ({ value })),
  fc.boolean().map((value) => ({ value })),
  fc.constant({ value: null }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({ value: String(value), type: 'Edm.Int64' })),
  fc.constantFrom('NaN', 'Infinity').map((value) => ({ value, type: 'Edm.Double' })),
);
const rawRow = fc
  .dictionary(fc.stringMatching(/^[A-Z][A-Za-z_]{0,8}$/), column, { maxKeys: 8 })
  .map((columns): Record<string, unknown> => {
    const named = Object.entries(columns).filter(([name]) => name !== 'Timestamp');
    const properties = named.flatMap(([name, { value, ...typed }]) => [
      ...('type' in typed ? [[`${name}@odata.type`, typed.type]] : []),
      [name, value],
    ]);
    return { ...KEYS, ...(Object.fromEntries(properties) as Record<string, unknown>) };
  });

describe('a page of rows', () => {
  it('has the rows that the SDK makes of the same answer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rawRow, { maxLength: 4 }), async (rows) => {
        const body = bodyOf(rows);
        const { page, clients } = tableOf({ body }, { body });
        const ours = await page();
        expect(ours?.rows).toEqual(await Array.fromAsync(clients.table('T').listEntities()));
      }),
      { numRuns: 100 },
    );
  });

  it('has no column of the service, and none of another type as text', async () => {
    const row = {
      ...KEYS,
      'Timestamp@odata.type': 'Edm.DateTime',
      Timestamp: '2026-11-20T11:11:11.1234567Z',
      'Since@odata.type': 'Edm.DateTime',
      Since: '2026-11-20T11:11:11Z',
    };
    expect((await tableOf({ body: bodyOf([row]) }).page())?.rows).toEqual([
      {
        partitionKey: '3',
        rowKey: 'r',
        etag: ETAG,
        Since: { value: '2026-11-20T11:11:11Z', type: 'Edm.DateTime' },
      },
    ]);
  });

  it('names where the next begins, and the next is asked for there', async () => {
    const continued = { 'x-ms-continuation-NextPartitionKey': '3', 'x-ms-continuation-NextRowKey': 'r2' };
    const answers = [
      { body: bodyOf([KEYS]), headers: continued },
      { body: bodyOf([]), headers: continued },
      { body: bodyOf([{ ...KEYS, RowKey: 'r2' }]) },
    ];
    const { asked, all } = tableOf(...answers);
    expect((await all()).map((rows) => rows.map(({ rowKey }) => rowKey))).toEqual([['r'], ['r2']]);
    expect(asked[1]).toContain('NextPartitionKey=3&NextRowKey=r2');
    const { page, asked: once } = tableOf(...answers);
    const first = await page();
    await page(first?.next);
    expect(once[1]).toContain('NextPartitionKey=3&NextRowKey=r2');
  });

  it.each([
    ['a page without rows', bodyOf([])],
    ['an answer without a list', '{}'],
  ])('of %s is empty', async (_what, body) => {
    expect(await tableOf({ body }).all()).toEqual([]);
  });

  it('of an error has none: a busy service is asked again, a missing table is empty, others are thrown', async () => {
    const errorOf = (status: number, code: string) => ({
      status,
      body: JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: 'Some words.' } } }),
    });
    const busy = tableOf(errorOf(503, 'ServerBusy'), { body: bodyOf([KEYS]) });
    expect(await busy.all()).toHaveLength(1);
    expect(await tableOf(errorOf(404, 'TableNotFound')).all()).toEqual([]);
    await expect(tableOf(errorOf(403, 'AuthorizationFailure')).all()).rejects.toThrow(
      'T: list failed (403 AuthorizationFailure)',
    );
    await expect(tableOf({ body: '{"value":[{' }).all()).rejects.toThrow(/^T: list failed/);
  });

  it('of an error after a page keeps no row of that page', async () => {
    const { all } = tableOf(
      { body: bodyOf([KEYS]), headers: { 'x-ms-continuation-NextPartitionKey': '3' } },
      { status: 404, body: '{}' },
    );
    expect(await all()).toHaveLength(1);
  });
});
