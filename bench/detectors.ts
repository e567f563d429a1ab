/**
 * The CPU time of a run of both detectors over that of the KQL rule alone, over count files of 200,000 groups (or as many as the
 * argument says): `npm run bench:detectors`. Both read the same files, in turns in one process. With both, a run also reads the
 * context of the run before and leaves its own.
 */
import { HOUR_MS } from '../src/core/kql/timespan.ts';
import { addMs, timestampFromMs } from '../src/core/kql/timestamp.ts';
import type { Contribution } from '../src/core/records/contribution.ts';
import { KQL_RULE } from '../src/core/scoring/rule.ts';
import { windowOf } from '../src/core/scoring/window.ts';
import { readContext } from '../src/scoring/context/fleet_context.ts';
import { mergeContext } from '../src/scoring/context/merge_context.ts';
import { writePartial } from '../src/scoring/context/partial_codec.ts';
import { RegularityWatch } from '../src/scoring/context/regularity_watch.ts';
import { windowRows } from '../src/scoring/count_files/window_rows.ts';
import { scoreGroups } from '../src/scoring/score_groups.ts';
import { PARTITIONS } from '../src/storage/keys.ts';
import type { HourlyCounts } from '../src/storage/ports/hourly_counts.ts';
import { memoryStores } from '../test/fakes/stores.ts';
import { DiskCountFiles } from './harness/disk_count_files.ts';
import { summaryOf } from './harness/statistics.ts';
import { streamingCounts } from './harness/streaming_counts.ts';
import { END } from './harness/tenant.ts';

const LIMIT = 1.3;
const ROUNDS = Number(process.env['ROUNDS'] ?? 7);
/** As in `benchTenant`. */
const GROUPS_PER_DEVICE = 280;
const NETWORKS = 1_000;
const groups = Number(process.argv[2] ?? 200_000);
const countFiles = new DiskCountFiles();
const hourlyCounts = ofFleet(streamingCounts(Math.ceil(groups / PARTITIONS.length)), groups / GROUPS_PER_DEVICE);
const stores = { ...memoryStores(), countFiles, hourlyCounts };
const asOf = timestampFromMs(END);
const window = windowOf(asOf, KQL_RULE.lookbackDays);

try {
  await pass(true, addMs(asOf, -HOUR_MS));
  await pass(false);
  const ratios: number[] = [];
  let last = { rule: 0, both: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const rule = await pass(false);
    const both = await pass(true);
    if (rule.matches !== both.matches) throw new Error(`${both.matches} matches in place of ${rule.matches}`);
    last = { rule: rule.cpuMs, both: both.cpuMs };
    ratios.push(both.cpuMs / rule.cpuMs);
  }
  const { median, low, high } = summaryOf(ratios);
  const ms = `last round ${last.rule.toFixed(0)} and ${last.both.toFixed(0)} ms of CPU`;
  process.stdout.write(
    `${groups} groups: both detectors take ${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}) times the rule alone, limit ${LIMIT}; ${ms}\n`,
  );
  if (median > LIMIT) process.exitCode = 1;
} finally {
  countFiles.close();
}

/** All partitions: the rule alone, or both detectors with the context of the run before. */
async function pass(isBoth: boolean, of = asOf) {
  const usage = process.cpuUsage();
  let matches = 0;
  if (isBoth) await mergeContext(stores.context, of);
  const context = isBoth ? (await readContext(stores.context, of)).context : null;
  for (const partition of PARTITIONS) {
    const pages = windowRows(stores, partition, window, { mode: 'refresh', endedBefore: END, onGap: () => {} });
    const watch = isBoth ? new RegularityWatch(window, context) : null;
    for await (const { addresses } of scoreGroups(pages, KQL_RULE, window, watch)) {
      for (const { matched } of addresses) matches += matched.length;
    }
    if (watch !== null) await writePartial(stores.context, of, partition, watch.partial(), watch.groups());
  }
  const { user, system } = process.cpuUsage(usage);
  return { matches, cpuMs: (user + system) / 1000 };
}

/** The same rows over the devices and networks of a real tenant: there a device has many groups, and addresses are everywhere. */
function ofFleet(counts: HourlyCounts, devices: number): HourlyCounts {
  const names = Array.from(
    { length: Math.ceil(devices) },
    (_, n) => `wks-${n.toString(16).padStart(4, '0')}.corp.example`,
  );
  const named = (row: Contribution): Contribution => {
    const number = Number.parseInt(row.groupId.slice(-8), 16);
    const address = Number.parseInt(row.groupId.slice(1, 8), 16);
    const network = (address * 7919) % NETWORKS;
    const RemoteIP = `${20 + (network % 100)}.${Math.floor(network / 100)}.${(address >> 8) & 255}.${address & 255}`;
    return { ...row, DeviceName: names[(number * 31) % names.length] ?? '', RemoteIP };
  };
  async function* pages(rows: AsyncIterable<readonly Contribution[]>) {
    for await (const page of rows) yield page.map(named);
  }
  return { ...counts, hour: (...of) => pages(counts.hour(...of)), day: (...of) => pages(counts.day(...of)) };
}
