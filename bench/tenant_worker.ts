/**
 * One pass over the rows of a tenant, all sixteen partitions, in a process of its own: `node tenant_worker.ts MODE GROUPS`.
 * MODE: `rows` makes them and does nothing else, `decode` also decodes them, `score` builds the count files and scores them,
 * `again` scores them once more, from the files alone. With `warm`, a pass warms the code up first. Prints what it took.
 */

import { timestampFromMs } from '../src/core/kql/timestamp.ts';
import type { Contribution } from '../src/core/records/contribution.ts';
import { KQL_RULE } from '../src/core/scoring/rule.ts';
import { DETECTION_SETTINGS } from '../src/scoring/detection_settings.ts';
import { scorePartition } from '../src/scoring/score_windows.ts';
import { encodeDetection } from '../src/storage/azure/detections_codec.ts';
import { PARTITIONS } from '../src/storage/keys.ts';
import type { Detections } from '../src/storage/ports/detections.ts';
import type { Partition } from '../src/storage/ports/hourly_counts.ts';
import type { Stores } from '../src/storage/ports/stores.ts';
import { memoryStores } from '../test/fakes/stores.ts';
import { DiskCountFiles } from './harness/disk_count_files.ts';
import { decodedHour, streamingCounts } from './harness/streaming_counts.ts';
import { END } from './harness/tenant.ts';
import { WIRE_HOURS, wirePages } from './harness/wire_rows.ts';

const [mode = '', groups = '', warm] = process.argv.slice(2);
let started = performance.now();
let usage = process.cpuUsage();
if (warm === 'warm') await passOf(mode, 100_000);
started = performance.now();
usage = process.cpuUsage();
const found = await passOf(mode, Number(groups));
const { user, system } = process.cpuUsage(usage);
console.log(JSON.stringify({ ...found, ms: performance.now() - started, ownCpuMs: (user + system) / 1000 }));

async function passOf(which: string, total: number) {
  const each = Math.ceil(total / PARTITIONS.length);
  switch (which) {
    case 'rows':
      return { rows: sum(PARTITIONS.map((partition) => rowsOf(wirePages(partition, each)))) };
    case 'decode':
      return { rows: sum(PARTITIONS.map((partition) => rowsOf(decoded(partition, each)))) };
    case 'score':
    case 'again':
      return await score(each, which === 'again');
    default:
      throw new RangeError(`no mode ${which}`);
  }
}

function* decoded(partition: Partition, each: number): Generator<readonly Contribution[]> {
  for (const hour of WIRE_HOURS) yield* decodedHour(partition, each, hour);
}

async function score(each: number, isAgain: boolean) {
  const countFiles = new DiskCountFiles();
  try {
    const stores = { ...memoryStores(), countFiles, hourlyCounts: streamingCounts(each), detections: encoding() };
    if (isAgain) await scoreAll(stores);
    started = performance.now();
    usage = process.cpuUsage();
    return await scoreAll(stores);
  } finally {
    countFiles.close();
  }
}

async function scoreAll(stores: Stores) {
  const settings = {
    ...{ rule: KQL_RULE, technique: null, retentionDays: 4, historyDays: 90 },
    detection: DETECTION_SETTINGS,
  };
  const total = { rows: 0, groups: 0, detections: 0 };
  for (const partition of PARTITIONS) {
    const message = { partition, asOf: timestampFromMs(END), oldestUnreadMs: 0, newestReport: '' } as const;
    const run = await scorePartition(stores, settings, [], message, () => END);
    total.rows += run.rows;
    total.groups += run.groups;
    total.detections += run.detections;
  }
  return total;
}

/** Detections that are encoded as the adapter on Azure encodes them, and forgotten: each is the first of its group. */
function encoding(): Detections {
  return {
    get: async () => null,
    async *scan() {},
    async *summaries() {},
    summaryPage: async () => ({ rows: [], next: null }),
    async insert(detection) {
      encodeDetection(detection);
      return '1';
    },
    update: async () => '1',
    updateAll: async () => [],
    mark: async () => '1',
    recordVerdict: async () => '1',
    remove: async () => {},
  };
}

function rowsOf(pages: Iterable<{ readonly length: number }>): number {
  let rows = 0;
  for (const page of pages) rows += page.length;
  return rows;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
