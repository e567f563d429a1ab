import type { Technique } from '../core/detections/detection.ts';
import { FRESH_MS } from '../core/detections/lifecycle.ts';
import type { Suppressible } from '../core/detections/suppression.ts';
import { DAY_MS } from '../core/kql/timespan.ts';
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
import { countRequests } from '../storage/request_count.ts';
import { expiryOf, PartitionScorer } from './partition_scorer.ts';
import { Suppressor } from './suppressor.ts';

/** One message of the `score` queue: see `Messages`. */
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
 * The message for each partition, for the window that ends at `asOf`. It carries the newest report of the runs of the last
 * hours, since a quiet partition cannot know by itself whether the exporter is late.
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

/** Queues every partition for scoring, for the window that ends at `asOf`. */
export async function scoreWindows(
  stores: Pick<Stores, 'queues' | 'runs'>,
  asOf: Timestamp,
  oldestUnreadMs: number | null,
): Promise<void> {
  for (const message of await scoreMessages(stores, asOf, oldestUnreadMs)) await stores.queues.send('score', message);
}

/** Once a day, with the window that ends at midnight, removes runs, dead letters and suppressions older than `historyDays`. */
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
 * Scores one partition in one pass over its rows and its detections, and removes what is too old. Holds the matches of one
 * address, whatever the size of the partition. Repeating it changes nothing, and neither does a late message of an earlier
 * run. It uses the suppressions that exist when it begins.
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
  const { result: tally, requests } = await countRequests(async () => {
    const suppressor = await Suppressor.read(stores, timestampFromMs(started));
    const suppressedBy = (group: Suppressible) => suppressor.by(group);
    const scorer = new PartitionScorer(stores, { rule, technique, suppressedBy, ...expiry }, sinks, partition, window);
    const counts = await scorer.run(newestReport);
    await suppressor.write(stores, scorer.suppressed, partition, asOf);
    return counts;
  });
  const endedAt = clock();
  const run = { asOf, partition, ...tally, requests, durationMs: endedAt - started, endedAt, oldestUnreadMs };
  await stores.runs.put(run);
  return run;
}
