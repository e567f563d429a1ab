import { beforeEach, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../../../src/app.ts';
import { readConfig } from '../../../../src/config.ts';
import { HOUR_MS } from '../../../../src/core/kql/timespan.ts';
import { msOf } from '../../../../src/core/kql/timestamp.ts';
import { allOf } from '../../../../src/storage/all_of.ts';
import type { StorageClients } from '../../../../src/storage/azure/clients.ts';
import { exportRowKeyOf } from '../../../../src/storage/azure/export_states_codec.ts';
import { azureStores } from '../../../../src/storage/azure/index.ts';
import type { NewTableRow } from '../../../../src/storage/azure/table.ts';
import { collectBadRows } from '../../../../src/storage/bad_rows.ts';
import type { Partition } from '../../../../src/storage/ports/hourly_counts.ts';
import type { Stores } from '../../../../src/storage/ports/stores.ts';
import { contribution, suppression } from '../../../contract/samples.ts';
import { freshClients } from '../../../support/azure/stores.ts';
import { lines, report } from '../../../support/ingest/world.ts';
import { at, group, hours } from '../../../support/scoring/tenant.ts';
import { storeRows } from '../../../support/storage/counts.ts';

const CONFIG = readConfig({
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  EXPORT_CONTAINERS: 'exports',
  LOOKBACK_DAYS: '0.5',
  MIN_UNIFORM_PER_DAY: '8',
});
/** What another program could have written: three rows in each table, in the partition of its own rows. */
const SOURCED = { Source: 'defender', DeviceName: 'd', InitiatingProcessFileName: 'p', RemoteIP: '203.0.113.1' };

/** The table of the day of `at(0)`. */
const COUNTS = 'HourlyCountsV2D20261120';

let clients: StorageClients;
let stores: Stores;
let app: App;
let now: number;

const soc = {
  name: 'soc',
  fingerprint: 'x',
  digests: null,
  send: async () => ({ kind: 'sent', answer: '200' }) as const,
};

beforeEach(async () => {
  clients = await freshClients();
  stores = azureStores(clients);
  now = Date.now();
  app = createApp(CONFIG, { stores, clock: () => now, sinks: [soc] });
});

const write = async (table: string, row: NewTableRow): Promise<void> => {
  const client = clients.table(table);
  await client.createTable();
  await client.upsertEntity(row, 'Replace');
};

async function exported(name: string): Promise<void> {
  const container = clients.blobs.getContainerClient('exports');
  await container.createIfNotExists();
  const text = lines(report(1));
  await container.getBlockBlobClient(name).upload(text, Buffer.byteLength(text));
}

describe('a bad row in Exports', () => {
  it('stops neither the sweep nor the reading of the others; health names table, key and column', async () => {
    for (const name of ['a', 'b', 'c']) await exported(name);
    const rowKey = exportRowKeyOf({ container: 'exports', name: 'b' });
    await write('Exports', { partitionKey: 'exports', rowKey, Name: 'b', Applied: 'three' });
    expect(await app.sweep()).toMatchObject({ exports: 3, queued: 3 });
    const read = (name: string) => app.ingest({ container: 'exports', name });
    expect(await read('a')).toMatchObject({ end: 'up-to-date', segments: 1 });
    expect(await read('b')).toMatchObject({ end: 'bad-row', segments: 0 });
    expect(await read('c')).toMatchObject({ end: 'up-to-date', segments: 1 });
    const { problems, badRows, unread } = await app.health();
    expect(badRows.rows).toMatchObject([{ table: 'Exports', partitionKey: 'exports', rowKey }]);
    expect(unread).toMatchObject({ exports: 1 });
    expect(problems.join('\n')).toContain(
      `Exports: the row with PartitionKey "exports" and RowKey "${rowKey}" cannot be read: Generation must be a whole number`,
    );
  });
});

describe('bad rows in every other table', () => {
  it('stop no run, list or health, and each is named', async () => {
    const asOf = at(4);
    now = msOf(asOf) + HOUR_MS;
    const good = group(1);
    const partition = good.groupId.slice(0, 1) as Partition;
    const rows = hours(0, 3).map((hour) => contribution({ ...good, Timestamp: at(hour + 0.5), count: 60 }));
    await storeRows(stores.hourlyCounts, rows);
    const countKey = `03|${good.groupId}|${at(3.75)}|00112233445566ab`;
    await write(COUNTS, { partitionKey: partition, rowKey: countKey, ...SOURCED, Count: 'abc' });
    await write(COUNTS, { partitionKey: partition, rowKey: '0-foreign', Text: 'x' });
    // A bad row of a group that matches, in the way of its own insert.
    const matching = group(2);
    await storeRows(
      stores.hourlyCounts,
      hours(0, 3).map((hour) => contribution({ ...matching, Timestamp: at(hour + 0.5), count: 60 })),
    );
    const badId = matching.groupId;
    await write('Detections', { partitionKey: partition, rowKey: badId, Evidence: '{', EvidenceParts: 1 });
    await write('Detections', { partitionKey: partition, rowKey: '0-foreign', Text: 'x' });
    await stores.suppressions.insert(suppression({ id: 's-good' }));
    await write('Suppressions', { partitionKey: 'suppressions', rowKey: 's-bad', Owner: 7 });
    await write('Sinks', { partitionKey: 'sinks', rowKey: 'soc', Name: 'soc', Since: 'always' });
    await write('Runs', { partitionKey: 'runs', rowKey: `${asOf}|x`, AsOf: asOf, Partition: 'x', Groups: 1 });

    const run = await app.scorePartition({ partition, asOf });
    expect(run).toMatchObject({ groups: 2, detections: 2, opened: 1, badRows: 2 });
    const runs = await allOf(stores.runs.since(asOf));
    expect(runs.map(({ badRow }) => badRow)).toEqual([
      expect.stringContaining('HourlyCountsV2D20261120: the row with PartitionKey'),
    ]);
    // A run meets a row once, and names it: a repeat reads only what is new.
    const skipped = /A run of the last two days skipped 2 stored rows: HourlyCountsV2D20261120: the row with/;
    expect((await app.health()).problems.join('\n')).toMatch(skipped);
    expect(await app.runNow(asOf)).toHaveLength(16);

    const query = { filter: {}, sort: 'average', limit: 10, after: null } as const;
    await collectBadRows(async (found) => {
      expect(await app.listDetections(query)).toMatchObject({ total: 1 });
      expect(found.rows.map(({ rowKey }) => rowKey)).toEqual(['0-foreign', badId]);
    });
    await expect(app.getDetection(badId)).rejects.toThrow(`Detections: the row with PartitionKey "${partition}"`);
    expect(await app.listSuppressions()).toHaveLength(1);

    // Only now: a run writes this row again.
    await write('Runs', { partitionKey: 'closing', rowKey: 'boundaries', Boundaries: '[{"firstOpen":"soon"}]' });
    const { badRows, unavailable } = await app.health();
    expect(unavailable).toEqual([]);
    expect(badRows.rows.map(({ table, rowKey }) => `${table} ${rowKey}`).sort()).toEqual([
      'Detections 0-foreign',
      `Detections ${badId}`,
      `Runs ${asOf}|x`,
      'Runs boundaries',
      'Sinks soc',
      'Suppressions s-bad',
    ]);
  });
});
