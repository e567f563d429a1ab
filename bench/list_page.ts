/**
 * The CPU time of the list page of 1,000 detections, from the service's answer to the bytes of the page: decoding the rows,
 * what the KQL rule expects of each hour, the chart, the table. And of the page of one detection, which has the same list
 * for its neighbours. `npm run bench:pages`; it fails above the limit.
 */
import { createApp, storesOf } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { pagesResponse } from '../src/http/pages.ts';
import { encodeDetection } from '../src/storage/azure/detections_codec.ts';
import { answering, response } from '../test/support/azure/policies.ts';
import { SITE_NOW, storedDetection } from '../test/support/web/site.ts';
import { summaryOf } from './harness/statistics.ts';

const DETECTIONS = 1000;
const ROUNDS = 15;
const WARM_UP = 5;
/** Milliseconds of server time for the list. */
const LIMIT_MS = 300;

const rows = Array.from({ length: DETECTIONS }, (_, seed) => wireOf(encodeDetection(storedDetection(seed))));
const list = JSON.stringify({ 'odata.metadata': 'https://bench/$metadata#Detections', value: rows });
const one = JSON.stringify(rows[0]);
const JSON_TYPE = { 'content-type': 'application/json;odata=minimalmetadata' };
const service = ['Blob', 'Queue', 'Table'].map((name) => `${name}Endpoint=http://127.0.0.1:1/bench`).join(';');
const config = readConfig({
  AzureWebJobsStorage: `DefaultEndpointsProtocol=http;AccountName=bench;AccountKey=c3R1Yg==;${service}`,
});
const policy = answering((request) => {
  const { pathname } = new URL(request.url);
  if (pathname.includes('RowKey=')) return response(request, 200, JSON_TYPE, one);
  return response(request, 200, JSON_TYPE, pathname.includes('Detections') ? list : '{"value":[]}');
});
const app = createApp(config, { stores: storesOf(config, { policy }), clock: () => SITE_NOW });

async function millisecondsOf(view: string, id?: string): Promise<{ cpu: number; bytes: number }> {
  const started = process.cpuUsage();
  const { status, body } = await pagesResponse(
    app,
    {
      method: 'GET',
      params: { view, ...(id !== undefined && { id }) },
      query: [],
      headers: { get: () => null },
      body: null,
      path: `/ui/${view}`,
    },
    { name: 'bench', formToken: null },
  );
  const { user, system } = process.cpuUsage(started);
  if (status !== 200) throw new Error(`the page ${view} answers ${status}`);
  return { cpu: (user + system) / 1000, bytes: Buffer.byteLength(body) };
}

/** A row as the service answers it. */
function wireOf(row: object): object {
  const { partitionKey, rowKey, ...columns } = row as { partitionKey: string; rowKey: string };
  const typed = Object.entries(columns as Record<string, unknown>).flatMap(([name, value]) => {
    const { value: plain, type } = (typeof value === 'object' && value !== null ? value : { value }) as {
      value: unknown;
      type?: string;
    };
    const isMarked = type === 'Int64' || type === 'Double';
    return [[name, plain], ...(isMarked ? [[`${name}@odata.type`, `Edm.${type}`]] : [])];
  });
  return { 'odata.etag': 'W/"1"', PartitionKey: partitionKey, RowKey: rowKey, ...Object.fromEntries(typed) };
}

const id = storedDetection(0).groupId;
let isSlow = false;
for (const { name, view, of } of [
  { name: 'list', view: 'detections', of: undefined },
  { name: 'fleet', view: 'fleet', of: undefined },
  { name: 'one detection', view: 'detections', of: id },
]) {
  const measured: { cpu: number; bytes: number }[] = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const each = await millisecondsOf(view, of);
    if (round >= 0) measured.push(each);
  }
  const { median, low, high } = summaryOf(measured.map(({ cpu }) => cpu));
  const kilobytes = Math.round((measured[0]?.bytes ?? 0) / 1000);
  process.stdout.write(
    `${name}, ${DETECTIONS} open: ${median.toFixed(0)} ms of CPU (${low.toFixed(0)}–${high.toFixed(0)}; limit ${LIMIT_MS}), ${kilobytes} KB\n`,
  );
  isSlow ||= median > LIMIT_MS;
}
if (isSlow) process.exitCode = 1;
