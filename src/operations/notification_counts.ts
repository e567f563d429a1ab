import { pendingStateOf } from '../core/detections/pending_state.ts';
import { PARTITIONS } from '../storage/keys.ts';
import type { SinkState } from '../storage/ports/sink_states.ts';
import type { Stores } from '../storage/ports/stores.ts';

export interface NotificationCounts {
  readonly pending: number;
  /** Pending ones that were tried already. */
  readonly trying: number;
  /** More are pending: of each partition at most a thousand are counted. */
  readonly more: boolean;
  readonly failed: number;
}

/** Rows of a page of the outbox at most. */
const PAGE_ROWS = 1000;

/** Counts notifications by sink, of the configured sinks and of those that the runs know. */
export async function notificationCounts(
  stores: Stores,
  sinks: readonly string[],
  known: readonly SinkState[],
): Promise<Record<string, NotificationCounts>> {
  const names = [...new Set([...sinks, ...known.map(({ name }) => name)])];
  const failed = await failedBySink(stores, known);
  const counts: [string, NotificationCounts][] = [];
  for (const name of names) counts.push([name, { ...(await pendingOf(stores, name)), failed: failed.get(name) ?? 0 }]);
  return Object.fromEntries(counts);
}

/** Reads the first page of each partition, however many are pending. */
async function pendingOf(stores: Pick<Stores, 'outbox'>, sink: string): Promise<Omit<NotificationCounts, 'failed'>> {
  const counts = { pending: 0, trying: 0, more: false };
  await Promise.all(
    PARTITIONS.map(async (partition) => {
      for await (const page of stores.outbox.list(partition, sink)) {
        counts.pending += page.length;
        counts.trying += page.filter(({ row }) => row.attempts > 0).length;
        if (page.length < PAGE_ROWS) continue;
        counts.more = true;
        break;
      }
    }),
  );
  return counts;
}

/** Reads the summary of every detection, in any state: so rows that cannot be read are met and named. */
async function failedBySink(
  { detections }: Pick<Stores, 'detections'>,
  known: readonly SinkState[],
): Promise<ReadonlyMap<string, number>> {
  const failed = new Map<string, number>();
  const names = known.map(({ name }) => name);
  for await (const page of detections.summaries({}, names)) {
    for (const row of page) {
      for (const sink of known) {
        const { name } = sink;
        if (pendingStateOf(row.detection, row.deliveries[name], sink) !== 'failed') continue;
        failed.set(name, (failed.get(name) ?? 0) + 1);
      }
    }
  }
  return failed;
}
