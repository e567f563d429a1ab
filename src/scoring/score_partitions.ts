import { MINUTE_MS } from '../core/kql/timespan.ts';
import { type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import type { KnownSink } from '../notify/sink_states.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';
import type { Run } from '../storage/ports/runs.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { fleetOfRun } from './fleet_of_run.ts';
import { type ScoreMessage, type ScoreSettings, scorePartition } from './score_windows.ts';
import { Suppressor } from './suppressor.ts';

/** After this time an invocation begins no further partition: the last run may say little about this one. */
export const MAX_TOGETHER_MS = 5 * MINUTE_MS;
/** A partition that failed comes back after as long as a message that failed does (host.json). */
const AGAIN_MS = 30_000;

/** What an invocation did: the sums over its partitions, and what it left. */
export interface ScoredPartitions
  extends Pick<
    Run,
    'asOf' | 'groups' | 'rows' | 'detections' | 'opened' | 'resolved' | 'pending' | 'badRows' | 'oldestUnreadMs'
  > {
  /** Number of scored partitions. */
  readonly scored: number;
  /** Partitions that failed, and partitions that it did not begin: each is queued alone. */
  readonly failed: readonly Partition[];
  readonly later: readonly Partition[];
  /** Of the faults of its runs the longest: they have most of it in common. */
  readonly contextFault: string;
  readonly requests: number;
  readonly newestReport: Timestamp | '';
}

/**
 * Scores the partitions of a message one after the other. Where one fails, the others are scored, and it is queued alone:
 * its tries, and its poison message, are its own. Throws where no partition succeeds, so that the host tries the message
 * again; a repeat changes nothing.
 */
export async function scorePartitions(
  stores: Stores,
  settings: ScoreSettings,
  sinks: readonly KnownSink[],
  message: ScoreMessage,
  clock: Clock,
): Promise<ScoredPartitions> {
  const { partitions, ...window } = message;
  const started = clock();
  const suppressor = await Suppressor.read(stores, timestampFromMs(started));
  const runs: Run[] = [];
  const failed: Partition[] = [];
  const later: Partition[] = [];
  const errors: unknown[] = [];
  const fleet = await fleetOfRun(stores, message.asOf, settings.detection, settings.knownFault);
  for (const partition of partitions) {
    if (partition !== partitions[0] && clock() - started >= MAX_TOGETHER_MS) {
      later.push(partition);
      continue;
    }
    try {
      runs.push(await scorePartition(stores, settings, sinks, { ...window, partition }, clock, fleet, suppressor));
    } catch (error) {
      failed.push(partition);
      errors.push(error);
    }
  }
  if (runs.length === 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'every partition failed');
  for (const partition of failed) await stores.queues.send('score', { ...window, partitions: [partition] }, AGAIN_MS);
  for (const partition of later) await stores.queues.send('score', { ...window, partitions: [partition] });
  const { asOf, oldestUnreadMs } = message;
  return { asOf, ...sumsOf(runs), failed, later, oldestUnreadMs };
}

function sumsOf(runs: readonly Run[]) {
  const sum = (of: (run: Run) => number) => runs.reduce((all, run) => all + of(run), 0);
  return {
    scored: runs.length,
    groups: sum(({ groups }) => groups),
    rows: sum(({ rows }) => rows),
    detections: sum(({ detections }) => detections),
    opened: sum(({ opened }) => opened),
    resolved: sum(({ resolved }) => resolved),
    pending: sum(({ pending }) => pending),
    badRows: sum(({ badRows }) => badRows),
    requests: sum(({ requests }) => requests ?? 0),
    contextFault: runs.reduce(
      (most, { contextFault }) => (contextFault.length > most.length ? contextFault : most),
      '',
    ),
    newestReport: runs.reduce<Timestamp | ''>(
      (newest, run) => (run.newestReport > newest ? run.newestReport : newest),
      '',
    ),
  };
}
