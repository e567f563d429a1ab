import { type Counts, countedStores, total } from '../../../bench/harness/counted_stores.ts';
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { scorePartition } from '../../../src/scoring/score_windows.ts';
import type { CountFiles } from '../../../src/storage/ports/count_files.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { P3 } from '../../contract/samples.ts';
import { memoryStores } from '../../fakes/stores.ts';
import { ArrivingCounts } from './arriving_counts.ts';
import { NO_BASELINE } from './fleet.ts';

const START_MS = Date.UTC(2026, 10, 20);
/** Three days are full, and the hour is none in which a day ends. */
const HOURS = 78;

/** What one run of a partition asked of storage. */
export interface CountedRun {
  /** Requests of tables, blobs and queues. */
  readonly requests: number;
  /** The same by port and method. */
  readonly byOperation: Readonly<Record<string, number>>;
  /** Rows of the tables of counts that were read. */
  readonly rows: number;
  /** Bytes that were written into count files. */
  readonly written: number;
  /** CPU time, the making of the rows included. */
  readonly cpuMs: number;
}

/**
 * Hourly runs of one partition of a tenant: the one that builds the files, one with nothing new, and one after a usual hour. The
 * daily check falls into the first one.
 */
export async function hourlyRuns(devices: number, countFiles?: CountFiles) {
  const counts = new ArrivingCounts(devices, P3, START_MS);
  let written = 0;
  const memory = memoryStores({ clock: () => 0 });
  const files = noting(countFiles ?? memory.countFiles, (bytes) => {
    written += bytes;
  });
  const stores: Stores = { ...memory, countFiles: files, hourlyCounts: counts };
  const run = async (hour: number): Promise<CountedRun> => {
    const operations: Counts = new Map();
    [counts.rows, written] = [0, 0];
    const asOf = timestampFromMs(START_MS + hour * HOUR_MS);
    const message = { partition: P3, asOf, oldestUnreadMs: 0, newestReport: asOf } as const;
    const settings = { rule: KQL_RULE, technique: null, retentionDays: 4, historyDays: 90, detection: NO_BASELINE };
    const now = START_MS + (hour + 0.75) * HOUR_MS;
    const usage = process.cpuUsage();
    await scorePartition(countedStores(stores, operations), settings, [], message, () => now);
    const { user, system } = process.cpuUsage(usage);
    const cpuMs = Math.round((user + system) / 1000);
    const byOperation = Object.fromEntries(operations);
    return { requests: total(operations), byOperation, rows: counts.rows, written, cpuMs };
  };
  counts.begin(HOURS - 1);
  const first = await run(HOURS - 1);
  const quiet = await run(HOURS - 1);
  counts.arrive(HOURS);
  const usual = await run(HOURS);
  return { first, quiet, usual, scanned: 72 * counts.groups };
}

function noting(files: CountFiles, note: (bytes: number) => void): CountFiles {
  return new Proxy(files, {
    get(target, key) {
      const call: unknown = Reflect.get(target, key);
      if (typeof call !== 'function') return call;
      return (...given: unknown[]) => {
        if (key === 'put') note((given[1] as Uint8Array).length);
        if (key === 'stage') note((given[2] as Uint8Array).length);
        return Reflect.apply(call, target, given) as unknown;
      };
    },
  });
}
