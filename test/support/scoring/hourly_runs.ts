import { type Counts, countedStores, total } from '../../../bench/harness/counted_stores.ts';
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { type Timestamp, timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { encodeContextFile, openContextFile } from '../../../src/scoring/context/context_file.ts';
import { partialName } from '../../../src/scoring/context/names.ts';
import { decodePartial, encodePartial } from '../../../src/scoring/context/partial_codec.ts';
import { fleetOfRun } from '../../../src/scoring/fleet_of_run.ts';
import { scoreProcesses } from '../../../src/scoring/score_processes.ts';
import { beginRun, scorePartition } from '../../../src/scoring/score_windows.ts';
import { Suppressor } from '../../../src/scoring/suppressor.ts';
import { PARTITIONS } from '../../../src/storage/keys.ts';
import type { ContextFiles } from '../../../src/storage/ports/context.ts';
import type { CountFiles } from '../../../src/storage/ports/count_files.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { P3 } from '../../contract/samples.ts';
import { memoryStores } from '../../fakes/stores.ts';
import { ArrivingCounts } from './arriving_counts.ts';
import { NO_BASELINE } from './fleet.ts';
import { pairsOf, pairTableOf } from './pair_table.ts';

const START_MS = Date.UTC(2026, 10, 20);
/** Three days are full, and the hour is none in which a day ends. */
const HOURS = 78;

const SETTINGS = { rule: KQL_RULE, technique: null, retentionDays: 4, historyDays: 90, detection: NO_BASELINE };

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
 * Hourly runs of one partition of a tenant: the one that builds the files, one with nothing new, and one after a usual hour, and what
 * that hour does once for all partitions: `begin` adds up the context, `processes` is the process view. The daily check falls into
 * the first run. The other partitions leave as much context as this one.
 */
export async function hourlyRuns(devices: number, countFiles?: CountFiles) {
  const counts = new ArrivingCounts(devices, P3, START_MS);
  let written = 0;
  const memory = memoryStores({ clock: () => 0 });
  const files = noting(countFiles ?? memory.countFiles, (bytes) => {
    written += bytes;
  });
  const stores: Stores = { ...memory, countFiles: files, hourlyCounts: counts };
  const counted = async (work: (stores: Stores) => Promise<unknown>): Promise<CountedRun> => {
    const operations: Counts = new Map();
    [counts.rows, written] = [0, 0];
    const usage = process.cpuUsage();
    await work(countedStores(stores, operations));
    const { user, system } = process.cpuUsage(usage);
    const cpuMs = Math.round((user + system) / 1000);
    const byOperation = Object.fromEntries(operations);
    return { requests: total(operations), byOperation, rows: counts.rows, written, cpuMs };
  };
  const run = (hour: number) =>
    counted(async (of) => {
      const job = { partition: P3, asOf: asOfHour(hour), oldestUnreadMs: 0, newestReport: asOfHour(hour) } as const;
      await scorePartition(of, SETTINGS, [], job, () => START_MS + (hour + 0.75) * HOUR_MS);
    });
  counts.begin(HOURS - 1);
  const first = await run(HOURS - 1);
  const quiet = await run(HOURS - 1);
  await spreadPartial(stores.context, asOfHour(HOURS - 1));
  counts.arrive(HOURS);
  const begin = await counted((of) => beginRun(of, NO_BASELINE, asOfHour(HOURS)));
  const usual = await run(HOURS);
  const processes = await counted(async (of) => {
    const job = { asOf: asOfHour(HOURS), newestReport: asOfHour(HOURS) };
    const fleet = await fleetOfRun(of, job.asOf, NO_BASELINE);
    const suppressor = await Suppressor.read(of, job.asOf);
    await scoreProcesses(of, SETTINGS, [], job, fleet, suppressor);
  });
  return { first, quiet, usual, begin, processes, scanned: 72 * counts.groups };
}

function asOfHour(hour: number): Timestamp {
  return timestampFromMs(START_MS + hour * HOUR_MS);
}

/** Gives the other partitions the partial of this one, each with pairs of its own. */
async function spreadPartial(files: ContextFiles, asOf: Timestamp): Promise<void> {
  const file = await openContextFile(files, partialName(asOf, P3));
  const [first, ...groups] = await Promise.all(Array.from({ length: file.sections }, (_, n) => file.section(n)));
  const partial = decodePartial(first as Buffer);
  for (const [n, partition] of PARTITIONS.entries()) {
    if (partition === P3) continue;
    const pairs = pairTableOf(
      [...pairsOf(partial.pairs)].map(([hash, facts]) => [(hash + n * PAIR_STEP) % 2 ** 48, facts] as const),
    );
    const sections = [encodePartial({ ...partial, pairs }), ...groups];
    await files.put(partialName(asOf, partition), encodeContextFile(sections));
  }
}

const PAIR_STEP = 7_919_000_003;

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
