import type { Technique } from '../core/detections/detection.ts';
import type { KnownOf } from '../core/detections/known.ts';
import { FRESH_MS } from '../core/detections/lifecycle.ts';
import type { Suppressible } from '../core/detections/suppression.ts';
import { DAY_MS } from '../core/kql/timespan.ts';
import { addMs, msOf, type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import { dayOf } from '../core/records/day.ts';
import { REGULARITY_DAYS } from '../core/regularity/time_bin.ts';
import type { Rule } from '../core/scoring/rule.ts';
import { windowOf } from '../core/scoring/window.ts';
import { counted } from '../core/text/numbers.ts';
import { expireSuppressions } from '../detections/suppressions.ts';
import type { KnownSink } from '../notify/sink_states.ts';
import { collectBadRows } from '../storage/bad_rows.ts';
import { badRowText } from '../storage/ports/bad_row.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';
import type { Run } from '../storage/ports/runs.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { countRequests } from '../storage/request_count.ts';
import { noteBaseline } from './baseline_run.ts';
import { closeDays, expireCountFiles, type KeptDays, sealClosedDays } from './closing.ts';
import { type MergedContext, mergeContext } from './context/merge_context.ts';
import { writePartial } from './context/partial_codec.ts';
import { RegularityWatch } from './context/regularity_watch.ts';
import { unlessRefused } from './context/storage_fault.ts';
import { dailyCheck } from './count_files/daily_check.ts';
import type { DetectionSettings } from './detection_settings.ts';
import { type FleetOfRun, fleetOfRun } from './fleet_of_run.ts';
import { expiryOf, PartitionScorer } from './partition_scorer.ts';
import { partitionsTogether } from './partitions_together.ts';
import { Suppressor } from './suppressor.ts';
import { isInFuture, notEnded, WindowError } from './window_end.ts';

/** The tables whose bad rows only a run finds: `health` reads the others itself. */
const COUNTS = 'HourlyCounts';

/** One message of the `score` queue: see `Messages`. */
export interface ScoreMessage {
  readonly partitions: readonly Partition[];
  readonly asOf: Timestamp;
  readonly oldestUnreadMs: number | null;
  readonly newestReport: Timestamp | '';
}

/** One partition of a message. */
export interface ScoreJob extends Omit<ScoreMessage, 'partitions'> {
  readonly partition: Partition;
}

export interface ScoreSettings {
  readonly rule: Rule;
  readonly technique: Technique | null;
  readonly retentionDays: number;
  readonly historyDays: number;
  readonly detection: DetectionSettings;
  /** What the operator knows of networks and programs; absent: nothing. */
  readonly knownOf?: KnownOf;
  /** Why that cannot be read, as a sentence; absent, or '': it can. */
  readonly knownFault?: string;
}

/**
 * The messages for all partitions, for the window that ends at `asOf`: small partitions share one. Each carries the newest
 * report of the runs of the last hours, since a quiet partition cannot know by itself whether the exporter is late.
 */
export async function scoreMessages(
  stores: Pick<Stores, 'runs'>,
  asOf: Timestamp,
  oldestUnreadMs: number | null,
): Promise<ScoreMessage[]> {
  const { newestReport, rowsOf } = await lastRuns(stores, asOf);
  return partitionsTogether(rowsOf).map((partitions) => ({ partitions, asOf, oldestUnreadMs, newestReport }));
}

/** What the runs of the last hours know: the newest counted report up to `asOf`, '' for none; and the rows of each partition. */
async function lastRuns(stores: Pick<Stores, 'runs'>, asOf: Timestamp) {
  let newest: Timestamp | '' = '';
  const rowsOf = new Map<Partition, number>();
  for await (const { newestReport, asOf: of, partition, rows } of stores.runs.since(addMs(asOf, -FRESH_MS))) {
    if (newestReport > newest && newestReport <= asOf) newest = newestReport;
    if (of <= asOf) rowsOf.set(partition, rows);
  }
  return { newestReport: newest, rowsOf };
}

/**
 * Adds up what the runs before know of the fleet, and queues every partition for scoring, for the window that ends at `asOf`.
 * Returns what the context lacks, as a sentence. Throws a WindowError where the window is in the future.
 */
export async function scoreWindows(
  stores: Pick<Stores, 'queues' | 'runs' | 'context'>,
  settings: DetectionSettings,
  asOf: Timestamp,
  oldestUnreadMs: number | null,
  clock: Clock,
): Promise<string> {
  const now = clock();
  if (isInFuture(asOf, now)) throw new WindowError(notEnded(asOf, now));
  const { isContext, fault } = await beginRun(stores, settings, asOf);
  const messages = await scoreMessages(stores, asOf, oldestUnreadMs);
  for (const message of messages) await stores.queues.send('score', message);
  // It reads what the runs before left, so it waits for no partition.
  const newestReport = messages[0]?.newestReport ?? '';
  const processes = { partitions: [], asOf, oldestUnreadMs, newestReport, processes: true } as const;
  if (isContext) await stores.queues.send('score', processes);
  return fault;
}

/**
 * Begins a run of all partitions: adds up what the runs before know of the fleet, and notes how far the baseline is. Without
 * that sum the partitions are scored, so a failure of storage is only named. Repeating it changes nothing.
 */
export async function beginRun(
  stores: Pick<Stores, 'context' | 'runs'>,
  settings: DetectionSettings,
  asOf: Timestamp,
): Promise<Pick<MergedContext, 'isContext' | 'fault'>> {
  const merged = await unlessRefused<Omit<MergedContext, 'partitions'>>(
    () => mergeContext(stores.context, asOf, settings),
    ({ message }) => ({ isContext: false, telemetryHours: 0, fault: message }),
  );
  const { isContext: hasContext, telemetryHours } = merged;
  await noteBaseline(stores, { asOf, hasContext, telemetryHours }, settings.baselineHours);
  return merged;
}

/**
 * Closes the days that are too old to count into, and seals those that have been closed for a day. Removes the count files that
 * are too old.
 */
export async function closeOldDays(
  stores: Pick<Stores, 'runs' | 'hourlyCounts' | 'countFiles'>,
  asOf: Timestamp,
  kept: KeptDays,
  clock: Clock,
): Promise<void> {
  const now = clock();
  const { newestReport } = await lastRuns(stores, asOf);
  await closeDays(stores.runs, newestReport, now, kept.retentionDays);
  await sealClosedDays(stores, now);
  await expireCountFiles(stores, kept);
}

/**
 * Once a day removes runs, dead letters and suppressions older than `historyDays`, seen from the earlier of `asOf` and the
 * newest counted report: a clock that is ahead removes nothing that a correct clock keeps. A row in Runs holds the last
 * time, so that no run of a certain hour is needed, and a removal that fails is repeated with the next run.
 */
export async function expireHistory(
  stores: Pick<Stores, 'runs' | 'deadLetters' | 'suppressions'>,
  asOf: Timestamp,
  historyDays: number,
): Promise<void> {
  const last = await stores.runs.lastExpiry();
  // A last time after asOf comes from a clock that was ahead.
  if (last !== null && last <= asOf && dayOf(last) === dayOf(asOf)) return;
  const { newestReport: newest } = await lastRuns(stores, asOf);
  if (newest === '') return;
  const before = addMs(newest < asOf ? newest : asOf, -historyDays * DAY_MS);
  await stores.runs.expire(before);
  await stores.deadLetters.expire(msOf(before));
  await expireSuppressions(stores, before);
  await stores.runs.noteExpiry(asOf);
}

/**
 * Scores one partition in one pass over its rows and its detections, and removes what is too old. Holds the matches of one
 * address, whatever the size of the partition. Repeating it changes nothing, and neither does a late message of an earlier
 * run. It uses the suppressions that exist when it begins, and leaves what it saw of the fleet for the next run. `known` and
 * `read`: the fleet and the suppressions, where the caller has read them already.
 */
export async function scorePartition(
  stores: Stores,
  settings: ScoreSettings,
  sinks: readonly KnownSink[],
  job: ScoreJob,
  clock: Clock,
  known?: FleetOfRun,
  read?: Suppressor,
): Promise<Run> {
  const { partition, asOf, oldestUnreadMs, newestReport } = job;
  const started = clock();
  const expireDetections = expiryOf(asOf, timestampFromMs(started), newestReport, settings.historyDays);
  const window = windowOf(asOf, settings.rule.lookbackDays);
  const { rule, technique, detection, knownOf } = settings;
  const endedBefore = Math.min(msOf(asOf), started);
  const fleet = known ?? (await fleetOfRun(stores, asOf, detection, settings.knownFault));
  const { context, fault } = fleet;
  const work = async () => {
    const suppressor = read ?? (await Suppressor.read(stores, timestampFromMs(started)));
    const suppressedBy = (group: Suppressible) => suppressor.by(group);
    const watch = new RegularityWatch(windowOf(asOf, REGULARITY_DAYS), context, detection.thresholds);
    const scorer = new PartitionScorer(
      stores,
      { rule, technique, suppressedBy, endedBefore, expireDetections, watch, fleet, detection, knownOf },
      sinks,
      partition,
      window,
    );
    const counts = await scorer.run(newestReport);
    const unwritten = await unlessRefused(
      () => writePartial(stores.context, asOf, partition, watch.partial(), watch.groups()).then(() => ''),
      ({ message }) => message,
    );
    await suppressor.write(stores, scorer.suppressed, partition, asOf);
    const found = await dailyCheck(stores, partition, asOf, endedBefore);
    const faults = [fault, unwritten, omittedText(partition, watch.omittedGroups)];
    const contextFault = faults.filter((each) => each !== '').join('; ');
    return { ...counts, fileFault: counts.fileFault || found, contextFault };
  };
  const { result, requests } = await countRequests(() =>
    collectBadRows(async (badRows) => {
      const tally = await work();
      const rows = badRows.rows.filter(({ table }) => table.startsWith(COUNTS));
      const [first] = rows;
      return { ...tally, badRows: rows.length, badRow: first === undefined ? '' : badRowText(first) };
    }),
  );
  const endedAt = clock();
  const contextPartitions = context?.counted.size ?? 0;
  const run = {
    asOf,
    partition,
    ...result,
    contextPartitions,
    requests,
    durationMs: endedAt - started,
    endedAt,
    oldestUnreadMs,
  };
  await stores.runs.put(run);
  return run;
}

function omittedText(partition: Partition, groups: number): string {
  return groups === 0 ? '' : `the process view omits ${counted(groups, 'group')} of partition ${partition}`;
}
