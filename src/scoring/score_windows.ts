import type { Technique } from '../core/detections/detection.ts';
import { FRESH_MS } from '../core/detections/lifecycle.ts';
import type { Suppressible } from '../core/detections/suppression.ts';
import { addMs, msOf, type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import type { Rule } from '../core/scoring/rule.ts';
import { windowOf } from '../core/scoring/window.ts';
import { expireSuppressions } from '../detections/suppressions.ts';
import type { KnownSink } from '../notify/sink_states.ts';
import { PARTITIONS } from '../storage/keys.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';
import type { Run } from '../storage/ports/runs.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { CountedStores } from './counted_stores.ts';
import { expiryOf, PartitionScan } from './partition_scorer.ts';
import { Suppressor } from './suppressor.ts';

/** What a run is notifiedLevel: see `Messages`. */
export interface ScoreMessage {
  readonly partition: Partition;
  readonly asOf: Timestamp;
  readonly oldestUnreadMs: number | null;
  readonly newestReport: Timestamp | '';
}

export interface ScoreSettings {
  readonly rule: Rule;
  readonly technique: Technique | null;
  readonly retentionDays: number;
  readonly historyDays: number;
}

/**
 * What every partition is to be told, for the window that ends at `asOf`, with the newest report that the runs of the
 * last hours have seen: a quiet partition cannot tell by itself whether the exporter is behind.
 */
export async function scoreMessages(
  stores: Pick<Stores, 'runs'>,
  asOf: Timestamp,
  oldestUnreadMs: number | null,
): Promise<ScoreMessage[]> {
  let newestReport: Timestamp | '' = '';
  for await (const run of stores.runs.since(addMs(asOf, -FRESH_MS))) {
    if (run.newestReport > newestReport && run.newestReport <= asOf) newestReport = run.newestReport as Timestamp;
  }
  return PARTITIONS.map((partition) => ({ partition, asOf, oldestUnreadMs, newestReport }));
}

/** Puts every partition on the `score` queue, for the window that ends at `asOf`. */
export async function scoreWindows(
  stores: Pick<Stores, 'queues' | 'runs'>,
  asOf: Timestamp,
  oldestUnreadMs: number | null,
): Promise<void> {
  for (const message of await scoreMessages(stores, asOf, oldestUnreadMs)) await stores.queues.send('score', message);
}

const DAY_MS = 86_400_000;

/**
 * Once a day, with the window that ends at midnight: removes runs, dead letters and suppressions that were over
 * `historyDays` ago.
 */
export async function expireHistory(
  stores: Pick<Stores, 'runs' | 'deadLetters' | 'suppressions'>,
  asOf: Timestamp,
  historyDays: number,
): Promise<void> {
  if (asOf.slice(11, 13) !== '00') return;
  const before = addMs(asOf, -historyDays * DAY_MS);
  await stores.runs.expire(before);
  await stores.deadLetters.expire(msOf(before));
  await expireSuppressions(stores, before);
}

/**
 * Scores one partition: a pass over its rows and its detections side by side. Memory for the matches of one address,
 * whatever the partition holds; what is too old goes in passing. Running it again changes nothing, and neither does a
 * late message of an earlier run. The suppressions are those of the moment: one that was added hides from this run on.
 */
export async function scorePartition(
  stores: Stores,
  settings: ScoreSettings,
  sinks: readonly KnownSink[],
  message: ScoreMessage,
  clock: Clock,
): Promise<Run> {
  const { partition, asOf, oldestUnreadMs, newestReport } = message;
  const started = clock();
  const expiry = expiryOf(asOf, timestampFromMs(started), settings.retentionDays, settings.historyDays);
  const window = windowOf(asOf, settings.rule.lookbackDays);
  const { rule, technique } = settings;
  const counted = new CountedStores(stores);
  const suppressor = await Suppressor.read(counted.stores, timestampFromMs(started));
  const suppressedBy = (group: Suppressible) => suppressor.by(group);
  const scan = new PartitionScan(
    counted.stores,
    { rule, technique, suppressedBy, ...expiry },
    sinks,
    partition,
    window,
  );
  const tally = await scan.run(newestReport);
  await suppressor.write(counted.stores, scan.hidden, partition, asOf);
  const endedAt = clock();
  const { requests } = counted;
  const run = { asOf, partition, ...tally, requests, durationMs: endedAt - started, endedAt, oldestUnreadMs };
  await stores.runs.put(run);
  return run;
}
