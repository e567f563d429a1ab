/**
 * The CPU time of a scan page, from the service's answer to contributions, against the same page through the SDK's own
 * reading of rows: `npm run bench:pages`. Both take turns in one process, on the same answer.
 */
import type { Timestamp } from '../src/core/kql/timestamp.ts';
import { dayOf } from '../src/core/records/day.ts';
import { storageClients } from '../src/storage/azure/clients.ts';
import { decodeContribution } from '../src/storage/azure/hourly_counts_codec.ts';
import { Table, type TableRow } from '../src/storage/azure/table.ts';
import { answering, response } from '../test/support/azure/policies.ts';
import { median } from './harness/statistics.ts';
import { wirePages } from './harness/wire_rows.ts';

const ROUNDS = 60;
const WARM_UP = 10;
/** Of the SDK's CPU time. */
const LIMIT = 0.5;
const ETAG = 'W/"datetime\'2026-11-20T11%3A11%3A11.1234567Z\'"';

const [page = []] = wirePages('3', 100_000);
const DAY = dayOf((page[0]?.rowKey ?? '').slice(36, 64) as Timestamp);
const value = page.map(({ partitionKey, rowKey, etag: _etag, ...columns }) => ({
  'odata.etag': ETAG,
  PartitionKey: partitionKey,
  RowKey: rowKey,
  ...columns,
}));
const body = JSON.stringify({ 'odata.metadata': 'https://bench/$metadata#HourlyCounts', value });
const service = ['Blob', 'Queue', 'Table'].map((name) => `${name}Endpoint=http://127.0.0.1:1/bench`).join(';');
const clients = storageClients(
  { kind: 'connectionString', value: `DefaultEndpointsProtocol=http;AccountName=bench;AccountKey=c3R1Yg==;${service}` },
  {
    policy: answering((request) =>
      response(request, 200, { 'content-type': 'application/json;odata=minimalmetadata' }, body),
    ),
  },
);

async function microsecondsPerRow(pages: AsyncIterable<readonly TableRow[]>): Promise<number> {
  const started = process.cpuUsage();
  let rows = 0;
  for await (const each of pages) rows += each.map((row) => decodeContribution(DAY, row)).length;
  const { user, system } = process.cpuUsage(started);
  if (rows !== page.length) throw new Error(`${rows} rows of ${page.length}`);
  return (user + system) / rows;
}

const ours = () => microsecondsPerRow(new Table(clients, 'HourlyCounts').pages('scan', {}));
const sdk = () =>
  microsecondsPerRow(clients.table('HourlyCounts').listEntities().byPage() as AsyncIterable<TableRow[]>);
const measured: { ours: number; sdk: number }[] = [];
for (let round = -WARM_UP; round < ROUNDS; round++) {
  const both = { ours: await ours(), sdk: await sdk() };
  if (round >= 0) measured.push(both);
}
const ratio = median(measured.map(({ ours, sdk }) => ours / sdk));
const of = (side: 'ours' | 'sdk') => median(measured.map((both) => both[side])).toFixed(2);
process.stdout.write(
  `a row of a scan page: ${of('ours')} µs of CPU, through the SDK ${of('sdk')} µs: ${ratio.toFixed(2)} of it (limit ${LIMIT})\n`,
);
if (ratio > LIMIT) process.exitCode = 1;
