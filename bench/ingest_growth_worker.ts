/**
 * Ingests the files that are named, by the real protocol into a store that encodes rows and forgets them, after some small
 * passes that warm the code up; prints what it took: `node ingest_growth_worker.ts FILES...`.
 */

import { Ingest } from '../src/ingest/ingest.ts';
import { formatsOf } from '../src/reading/formats.ts';
import { encodeContribution, encodeTouched } from '../src/storage/azure/hourly_counts_codec.ts';
import type { HourlyCounts } from '../src/storage/ports/hourly_counts.ts';
import { memoryStores } from '../test/fakes/stores.ts';
import { FileExports } from './harness/file_exports.ts';
import { takingCounts } from './harness/streaming_counts.ts';

const files = process.argv.slice(2);
for (let turn = 0; turn < 4; turn++) await pass(files.slice(0, 4));
const started = performance.now();
const rows = await pass(files);
console.log(JSON.stringify({ ms: performance.now() - started, rows }));

async function pass(paths: readonly string[]): Promise<number> {
  const exports = new FileExports(paths);
  const stores = { ...memoryStores(), exports, hourlyCounts: encoding() };
  const ingest = new Ingest(stores, formatsOf(['defender']), { retentionDays: 3650 }, Date.now, () => 'worker');
  let written = 0;
  for await (const ref of await exports.list('exports')) {
    const { end, rows: more } = await ingest.ingest(ref, Number.POSITIVE_INFINITY);
    if (end !== 'up-to-date') throw new Error(`the reading ended as ${end}`);
    written += more;
  }
  return written;
}

function encoding(): HourlyCounts {
  return takingCounts({
    async merge(partition, _day, batch, touched) {
      for (const row of batch) encodeContribution(row);
      for (const entry of touched) encodeTouched(partition, entry);
      return [];
    },
  });
}
