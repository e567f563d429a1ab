/**
 * One of three: `node ingest_worker.ts MODE CONNECTION FILES...`. `ingest` reads the exports of these names from storage and
 * merges them; `parse` reads the files and does nothing with their reports; `requests` sends what an ingest sends, with the
 * SDK alone. Prints the CPU that it took, without the start.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { Ingest } from '../src/ingest/ingest.ts';
import { formatsOf } from '../src/reading/formats.ts';
import { MAX_LINE_BYTES, readLines } from '../src/reading/line_reader.ts';
import { ReportReader } from '../src/reading/report_reader.ts';
import { storageClients } from '../src/storage/azure/clients.ts';
import { azureStores } from '../src/storage/azure/index.ts';
import type { Stores } from '../src/storage/ports/stores.ts';
import { memoryStores } from '../test/fakes/stores.ts';
import { FileExports } from './harness/file_exports.ts';
import { type Recording, recorded, replayCalls } from './harness/recorded_calls.ts';
import { takingCounts } from './harness/streaming_counts.ts';

const [mode = '', connection = '', ...files] = process.argv.slice(2);
const CONTAINER = 'exports';
const FORMATS = formatsOf(['defender']);
/** As many as src/ingest/batch_writer.ts has. */
const MERGES_AT_ONCE = 4;

const work = await workOf();
const started = performance.now();
const before = process.cpuUsage();
const found = await work();
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ cpuMs: (user + system) / 1000, ms: performance.now() - started, ...found }));

/** What is to be measured, prepared. */
async function workOf(): Promise<() => Promise<Record<string, number>>> {
  if (mode === 'parse') return async () => ({ reports: await parse() });
  if (mode === 'ingest') {
    const stores = azureStores(storageClients({ kind: 'connectionString', value: connection }));
    return async () => ({ rows: await ingest(stores) });
  }
  const recording: Recording = { calls: [] };
  const stores = { ...memoryStores(), exports: new FileExports(files), hourlyCounts: takingCounts() };
  await ingest(recorded(stores as unknown as Stores, recording));
  return async () => {
    await replayCalls(recording, connection, MERGES_AT_ONCE);
    return { requests: recording.calls.length };
  };
}

async function ingest(stores: Stores): Promise<number> {
  const use = new Ingest(stores, FORMATS, { retentionDays: 36_500 }, Date.now, () => 'worker');
  let rows = 0;
  for (const file of files) {
    const { end, rows: more } = await use.ingest(
      { container: CONTAINER, name: basename(file) },
      Number.POSITIVE_INFINITY,
    );
    if (end !== 'up-to-date') throw new Error(`the reading ended as ${end}`);
    rows += more;
  }
  return rows;
}

async function parse(): Promise<number> {
  let reports = 0;
  for (const file of files) {
    const reader = new ReportReader({ container: CONTAINER, name: file }, FORMATS);
    const preFilterTokens = FORMATS.map(({ preFilterToken: needle }) => needle);
    const options = { preFilterTokens, maxLineBytes: MAX_LINE_BYTES, tail: 'line', probe: reader.probe } as const;
    for await (const batch of readLines(pieces(file), options)) reports += reader.read(batch).reports.length;
  }
  return reports;
}

/** In the size in which the network gives them. */
function* pieces(path: string): Generator<Uint8Array> {
  const window = Buffer.allocUnsafeSlow(64 * 1024);
  const file = openSync(path, 'r');
  for (let bytes = readSync(file, window); bytes > 0; bytes = readSync(file, window)) yield window.subarray(0, bytes);
  closeSync(file);
}
