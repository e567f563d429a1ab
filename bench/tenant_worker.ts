/**
 * A run over a tenant, all sixteen partitions one after the other, in a process of its own: `node tenant_worker.ts MODE GROUPS [FOLDER]`.
 * Its rows are made as they are read, as the service's answers. MODE:
 *
 * - `answers` makes the answers for all rows and does nothing else.
 * - `scan` is a run as it was before count files: it reads every row of the window through the SDK, applies the KQL rule, and
 *   writes its findings as JSON.
 * - `build` is the first run over count files: it reads every row and writes the files, into FOLDER.
 * - `hour` is the run an hour later: it reads the rows of that hour, and the files in FOLDER. `one` does so for one partition.
 * - `score` builds the files in a folder of its own; with `warm` as FOLDER, a pass before warms the code up.
 *
 * Prints what it took.
 */

import { findingOf } from '../src/core/detections/finding.ts';
import { HOUR_MS } from '../src/core/kql/timespan.ts';
import { timestampFromMs } from '../src/core/kql/timestamp.ts';
import { dayOf } from '../src/core/records/day.ts';
import { KQL_RULE } from '../src/core/scoring/rule.ts';
import { windowOf } from '../src/core/scoring/window.ts';
import { DETECTION_SETTINGS } from '../src/scoring/detection_settings.ts';
import { fleetOfRun } from '../src/scoring/fleet_of_run.ts';
import { scoreGroups } from '../src/scoring/score_groups.ts';
import { beginRun, scorePartition } from '../src/scoring/score_windows.ts';
import { encodeDetection } from '../src/storage/azure/detections_codec.ts';
import { PARTITIONS } from '../src/storage/keys.ts';
import type { Detections } from '../src/storage/ports/detections.ts';
import type { HourlyCounts } from '../src/storage/ports/hourly_counts.ts';
import type { Stores } from '../src/storage/ports/stores.ts';
import { memoryStores } from '../test/fakes/stores.ts';
import { DiskContextFiles } from './harness/disk_context_files.ts';
import { DiskCountFiles } from './harness/disk_count_files.ts';
import { beforeLastHour, withLastHour } from './harness/last_hour.ts';
import { AnswerReader, answersOf } from './harness/service_answers.ts';
import { streamingCounts, takingCounts } from './harness/streaming_counts.ts';
import { END } from './harness/tenant.ts';
import { WIRE_HOURS, wirePagesByGroup, wirePagesOf } from './harness/wire_rows.ts';

const [mode = '', groups = '', folder = ''] = process.argv.slice(2);
const reader = new AnswerReader();

if (folder === 'warm') await passOf(mode, 100_000);
const started = performance.now();
const usage = process.cpuUsage();
const found = await passOf(mode, Number(groups));
const { user, system } = process.cpuUsage(usage);
console.log(JSON.stringify({ ...found, ms: performance.now() - started, ownCpuMs: (user + system) / 1000 }));

async function passOf(which: string, total: number) {
  const each = Math.ceil(total / PARTITIONS.length);
  switch (which) {
    case 'answers':
      return { bytes: bytesOfAll(each) };
    case 'scan':
      return await scan(each);
    case 'build':
      return await run(filesIn(folder, beforeLastHour(answered(each))), END - HOUR_MS);
    case 'hour':
    case 'one':
      return await run(
        filesIn(folder, withLastHour(answered(each))),
        END,
        which === 'one' ? PARTITIONS.slice(0, 1) : PARTITIONS,
      );
    case 'score': {
      const countFiles = new DiskCountFiles();
      try {
        return await run({ ...memoryStores(), countFiles, hourlyCounts: streamingCounts(each) }, END);
      } finally {
        countFiles.close();
      }
    }
    default:
      throw new RangeError(`no mode ${which}`);
  }
}

function bytesOfAll(each: number): number {
  let bytes = 0;
  for (const partition of PARTITIONS) {
    for (const answer of answersOf(wirePagesByGroup(partition, each))) bytes += answer.length;
  }
  return bytes;
}

async function scan(each: number) {
  const window = windowOf(timestampFromMs(END), KQL_RULE.lookbackDays);
  const total = { rows: 0, groups: 0, matches: 0, bytes: 0 };
  for (const partition of PARTITIONS) {
    const pages = reader.sdk(answersOf(wirePagesByGroup(partition, each)));
    for await (const { rows, addresses } of scoreGroups(pages, KQL_RULE, window)) {
      total.rows += rows.length;
      for (const address of addresses) {
        total.groups += address.groups;
        for (const found of address.matched) {
          total.bytes += JSON.stringify(findingOf(found, KQL_RULE, null, window.asOf)).length;
          total.matches++;
        }
      }
    }
  }
  return total;
}

/** A run as `scoreWindows` and `scorePartition` make it: both detectors, with the context of the run before. */
async function run(stores: Stores, end: number, partitions = PARTITIONS) {
  const asOf = timestampFromMs(end);
  const settings = {
    ...{ rule: KQL_RULE, technique: null, retentionDays: 4, historyDays: 90 },
    detection: DETECTION_SETTINGS,
  };
  await beginRun(stores, DETECTION_SETTINGS, asOf);
  const fleet = await fleetOfRun(stores, asOf, DETECTION_SETTINGS);
  const total = { rows: 0, groups: 0, detections: 0 };
  const scored = { ...stores, detections: encoding() };
  for (const partition of partitions) {
    const job = { partition, asOf, oldestUnreadMs: 0, newestReport: '' } as const;
    const one = await scorePartition(scored, settings, [], job, () => end, fleet);
    total.rows += one.rows;
    total.groups += one.groups;
    total.detections += one.detections;
  }
  return total;
}

function filesIn(path: string, hourlyCounts: HourlyCounts): Stores {
  const [countFiles, context] = [new DiskCountFiles(path), new DiskContextFiles(`${path}/context`)];
  return { ...memoryStores(), countFiles, context, hourlyCounts };
}

/** Rows as the service's answers, read as a run reads them. */
function answered(each: number): HourlyCounts {
  return takingCounts({
    days: async () => [...new Set(WIRE_HOURS.map(dayOf))],
    hour: (partition, hour) => reader.ours(answersOf(wirePagesOf(partition, each, hour))),
    async *day(partition, day) {
      const hours = WIRE_HOURS.filter((hour) => dayOf(hour) === day);
      for (const hour of hours) yield* reader.ours(answersOf(wirePagesOf(partition, each, hour)));
    },
  });
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
    async *activeLists() {},
    listAddresses: async () => '1',
    remove: async () => {},
  };
}
