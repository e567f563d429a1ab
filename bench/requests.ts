import { HOUR_MS, MINUTE_MS } from '../src/core/kql/timespan.ts';
import { addMs, timestampFromMs } from '../src/core/kql/timestamp.ts';
import { KQL_RULE } from '../src/core/scoring/rule.ts';
import { Ingest } from '../src/ingest/ingest.ts';
import { segmentBytesOf } from '../src/ingest/segment_cutter.ts';
import { sweep } from '../src/ingest/sweep.ts';
import { formatsOf } from '../src/reading/formats.ts';
import { DETECTION_SETTINGS } from '../src/scoring/detection_settings.ts';
import { scorePartition, scoreWindows } from '../src/scoring/score_windows.ts';
import { storageClients } from '../src/storage/azure/clients.ts';
import { azureStores } from '../src/storage/azure/index.ts';
import { PARTITIONS } from '../src/storage/keys.ts';
import type { Stores } from '../src/storage/ports/stores.ts';
import { memoryStores } from '../test/fakes/stores.ts';
import { load } from '../test/support/notify/load.ts';
import { startAzurite } from '../tools/local/azurite.ts';
import { RequestCounter } from '../tools/local/request_counter.ts';
import { type Bench, printLine } from './harness/bench.ts';
import { type Counts, countedStores, total } from './harness/counted_stores.ts';
import { GrowingExports } from './harness/growing_exports.ts';
import type { BenchOutcome } from './harness/results.ts';
import { streamingCounts, takingCounts } from './harness/streaming_counts.ts';
import { benchTenant, END, linesOf, type Tenant } from './harness/tenant.ts';

/** What storage is asked: requests, counted; size in devices of the large tenant. */
export const bench: Bench = {
  name: 'requests',
  full: { size: 10_000, rounds: 1 },
  async run({ size }) {
    await prove();
    const outcomes: Record<string, BenchOutcome> = {};
    const measured: Record<string, Record<string, number[]>> = {};
    const work: Record<string, number> = {};
    for (const [devices, hours, atMost] of [
      [250, 24, 80],
      [size, 1, 13],
    ] as const) {
      const { reports, counts } = await ingestOf(devices, hours);
      const name = `ingest, ${devices.toLocaleString('en-US')} devices`;
      measured[name] = byOperation(counts, reports);
      work[`reports of ${devices} devices`] = reports;
      outcomes[`${name}: requests for 1,000 reports`] = { value: per(counts, reports), atMost, unit: 'requests' };
      printLine(`  ${name}: ${JSON.stringify(measured[name])}`);
    }
    for (const matching of [true, false]) {
      const { rows, groups, counts, detections } = await scoringOf(Math.min(GROUPS, size * 12), matching);
      const name = matching ? `scoring, ${detections} active detections` : 'scoring, no active detection';
      measured[name] = byOperation(counts, rows);
      work[matching ? 'rows scored' : 'rows scored, none matching'] = rows;
      work['groups scored'] = groups;
      outcomes[`${name}: requests for 1,000 rows`] = {
        value: per(counts, rows),
        // Detections that go on are a hundred a request.
        atMost: matching ? 1.3 : 1.2,
        unit: 'requests',
      };
      printLine(`  ${name}: ${JSON.stringify(measured[name])}`);
    }
    for (const [name, digests, atMost] of NOTIFIED) {
      const { requests } = await load(PENDING, digests, { batches: 1, mostUntried: PENDING });
      measured[name] = { requests: [requests] };
      outcomes[`${name}: requests for each`] = { value: requests, atMost, unit: 'requests' };
      printLine(`  ${name}: ${requests.toPrecision(3)}`);
    }
    work['pending notifications'] = PENDING;
    return { work, measured, outcomes };
  },
};

const PENDING = 1000;
const NOTIFIED = [
  ['notifications sent singly', null, 4],
  ['notifications in a digest', { above: 5, atMost: PENDING, listed: 10, waitMs: 0 }, 0.1],
] as const;

/** Together they have the rows of 250 devices in four days, some 436,000. */
const GROUPS = 119_000;
const CONTAINER = 'exports';
const TICK_MS = 5 * MINUTE_MS;
/** An hour of the tenant with work in it; its exports begin here. */
const FIRST_HOUR = 24;

/**
 * A tenant's exports grow every five minutes, and after each growth the sweep and the queue have their turn: what leaves
 * for storage. Lines that are no reports ask for nothing and are left out; the segments are cut smaller in proportion.
 */
async function ingestOf(devices: number, hours: number) {
  const tenant = benchTenant(devices);
  let now = tenant.start + FIRST_HOUR * HOUR_MS;
  const clock = () => now;
  const exports = new GrowingExports(clock);
  const counts: Counts = new Map();
  const stores = countedStores(
    { ...memoryStores({ clock }), exports, hourlyCounts: takingCounts() } as unknown as Stores,
    counts,
  );
  const segmentBytes = segmentBytesOf(['defender']) * reportShare(tenant);
  let reports = 0;
  const ingest = new Ingest(
    stores,
    formatsOf(['defender']),
    { retentionDays: 400, segmentBytes },
    clock,
    () => 'worker',
  );
  for (let hour = FIRST_HOUR; hour < FIRST_HOUR + hours; hour++) {
    for (const batch of batchesOf(tenant, hour)) {
      now += TICK_MS;
      exports.append(`h=${hour}/PT1H.json`, batch.bytes);
      reports += batch.reports;
      await tick(stores, ingest, clock);
    }
  }
  return { reports, counts };
}

/** What the timer and the queue do with it. */
async function tick(stores: Stores, ingest: Ingest, clock: () => number): Promise<void> {
  await sweep(stores, { containers: [CONTAINER], retentionDays: 4, historyDays: 90 }, clock);
  for (const ref of (stores.queues as ReturnType<typeof memoryStores>['queues']).ingest.splice(0)) {
    const { end } = await ingest.ingest(ref, Number.POSITIVE_INFINITY);
    if (end !== 'up-to-date') throw new Error(`the reading ended as ${end}`);
  }
}

/** An hour's lines in twelve batches, each device's at its minute. */
function* batchesOf(tenant: Tenant, hour: number): Generator<{ bytes: Buffer; reports: number }> {
  for (let from = 0; from < 60; from += 5) {
    const batch = tenant.devices.filter(({ minute }) => minute >= from && minute < from + 5);
    const sent = batch.map((member) => linesOf(tenant, member, hour, true));
    const reports = sent.reduce((sum, each) => sum + each.reports, 0);
    yield { bytes: Buffer.concat(sent.flatMap(({ lines }) => lines)), reports };
  }
}

/** Bytes of the lines that are reports, of all bytes. */
function reportShare(tenant: Tenant): number {
  const bytesOf = (reportsOnly: boolean) =>
    tenant.devices
      .slice(0, 20)
      .flatMap((member) => linesOf(tenant, member, FIRST_HOUR, reportsOnly).lines)
      .reduce((sum, { length }) => sum + length, 0);
  return bytesOf(true) / bytesOf(false);
}

/** A run over the rows of four days (the retention) of a tenant of 250 devices, whose detections were opened by the run before. */
async function scoringOf(groups: number, matching: boolean) {
  const counts: Counts = new Map();
  const each = Math.ceil(groups / PARTITIONS.length);
  const stores = countedStores({ ...memoryStores(), hourlyCounts: streamingCounts(each) }, counts);
  const rule = matching ? KQL_RULE : { ...KQL_RULE, minAverage: 1e9 };
  // The second detector opens nothing then.
  const detection = matching ? DETECTION_SETTINGS : { ...DETECTION_SETTINGS, detectors: ['kql-rule'] as const };
  const settings = { rule, technique: null, retentionDays: 4, historyDays: 90, detection };
  const found = { rows: 0, groups: 0, detections: 0 };
  for (const run of [0, 1]) {
    counts.clear();
    Object.assign(found, { rows: 0, groups: 0, detections: 0 });
    const asOf = addMs(timestampFromMs(END), run * HOUR_MS);
    await scoreWindows(stores, detection, asOf, 0, Date.now);
    for (const partition of PARTITIONS) {
      const message = { partition, asOf, oldestUnreadMs: 0, newestReport: '' } as const;
      const {
        rows,
        groups: met,
        detections,
      } = await scorePartition(stores, settings, [], message, () => END + run * HOUR_MS);
      found.rows += rows;
      found.groups += met;
      found.detections += detections;
    }
  }
  return { ...found, counts };
}

/** The counter's rules, held against the requests that leave for the emulator. Throws where they differ. */
async function prove(): Promise<void> {
  const azurite = await startAzurite();
  try {
    const connection = azurite.connectionString();
    const clients = storageClients({ kind: 'connectionString', value: connection });
    const stores = azureStores(clients);
    const blobs = clients.blobs.getContainerClient(CONTAINER);
    const blob = blobs.getAppendBlobClient('h=0/PT1H.json');
    await blobs.create();
    await blob.create();
    const tenant = benchTenant(150);
    // Tables and queues are made by the first call: not counted.
    const [first, ...batches] = [...batchesOf(tenant, FIRST_HOUR)];
    const counts: Counts = new Map();
    const counted = countedStores({ ...stores, queues: memoryStores().queues }, counts);
    const ingest = new Ingest(counted, formatsOf(['defender']), { retentionDays: 400 }, Date.now, () => 'worker');
    await blob.appendBlock(first?.bytes as Buffer, first?.bytes.length as number);
    await tick(counted, ingest, Date.now);
    counts.clear();
    let sent = 0;
    for (const { bytes } of batches.slice(0, 4)) {
      await blob.appendBlock(bytes, bytes.length);
      const counter = new RequestCounter(connection);
      await tick(counted, ingest, Date.now);
      counter.stop();
      sent += counter.requests.reduce((sum, { functions, host }) => sum + functions + host, 0);
    }
    // The queues are a fake here, so that their messages can be taken.
    const ofQueues = [...counts].filter(([name]) => name.startsWith('queues.'));
    const expected = total(counts) - total(new Map(ofQueues));
    if (sent !== expected)
      throw new Error(`${sent} requests left, and ${expected} were counted: ${JSON.stringify([...counts])}`);
    printLine(`  the counter's rules hold on the emulator: ${sent} requests`);
  } finally {
    await azurite.stop();
  }
}

function per(counts: Counts, work: number): number {
  return (total(counts) / work) * 1000;
}

/** For a thousand, the most first. */
function byOperation(counts: Counts, work: number): Record<string, number[]> {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return Object.fromEntries(sorted.map(([name, count]) => [name, [(count / work) * 1000]]));
}
