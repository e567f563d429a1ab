import { detectionIdOf, type SinkDelivery } from '../core/detections/detection.ts';
import { pendingStateOf } from '../core/detections/pending_state.ts';
import { CONFLICT, retryOnConflict } from '../storage/optimistic.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { SinkState } from '../storage/ports/sink_states.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { changeSink, knownSinks } from './sink_states.ts';

/** Failed notifications of a sink that are pending again, in numbers of detections. */
export interface Retried {
  readonly sink: string;
  readonly detections: number;
  /** The sink answered 410 (gone): it receives nothing until its settings change. */
  readonly isDisabled: boolean;
}

type RetryStores = Pick<Stores, 'detections' | 'sinks' | 'queues'>;

/** By then all members of a digest are marked, so that they are sent in one message. */
const WAIT_MS = 60_000;
/** Parallel requests. */
const AT_ONCE = 16;

/**
 * Makes failed notifications pending again, of detections that are active and have the same revision. They keep their id,
 * and have a day again to be delivered. `sinks`: null for all sinks that the scoring runs know; unknown and absent ones
 * are skipped. A dry run only reads. Running it twice in parallel does no harm.
 */
export async function retryFailed(
  stores: RetryStores,
  sinks: readonly string[] | null,
  clock: Clock,
  isDryRun: boolean,
): Promise<Retried[]> {
  const known = await knownSinks(stores);
  const retried: Retried[] = [];
  for (const state of known.filter(({ name }) => sinks === null || sinks.includes(name))) {
    const failed = await failedAt(stores, state);
    const detections = isDryRun ? failed.length : await retryAll(stores, state, failed, clock);
    retried.push({ sink: state.name, detections, isDisabled: state.disabledAt !== null });
  }
  return retried;
}

/** The ids of the failed detections. The members of a digest follow each other, so that they are marked together. */
async function failedAt({ detections }: RetryStores, { name, since }: SinkState): Promise<string[]> {
  const digests = new Map<string, string>();
  // A detection that becomes ongoing during the reading is read twice.
  for (const state of ['new', 'ongoing'] as const) {
    for await (const page of detections.summaries({ state }, [name])) {
      for (const { detection, deliveries } of page) {
        const delivery = deliveries[name];
        if (pendingStateOf(detection, delivery, since) !== 'failed') continue;
        digests.set(detectionIdOf(detection), delivery?.digest?.id ?? '');
      }
    }
  }
  return [...digests].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([id]) => id);
}

async function retryAll(stores: RetryStores, state: SinkState, ids: readonly string[], clock: Clock): Promise<number> {
  let retried = 0;
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const some = ids.slice(start, start + AT_ONCE);
    const marked = await Promise.all(some.map((id) => retryOne(stores, state, id, clock())));
    retried += marked.filter((isMarked) => isMarked).length;
  }
  if (retried === 0) return 0;
  // The operator has fixed the sink: it no longer backs off.
  await changeSink(stores, state.name, (present) => ({ ...present, failures: 0, notBefore: 0 }));
  await stores.queues.send('notify', { sink: state.name }, WAIT_MS);
  return retried;
}

/** Whether it was still failed, and is pending now. */
async function retryOne(
  { detections }: RetryStores,
  { name, since }: SinkState,
  id: string,
  now: number,
): Promise<boolean> {
  return await retryOnConflict('detection', async () => {
    const found = await detections.get(id);
    const failed = found?.row.deliveries[name];
    if (!found || !failed || pendingStateOf(found.row.detection, failed, since) !== 'failed') return false;
    const again: SinkDelivery = {
      ...failed,
      status: 'sending',
      attempts: 0,
      firstAt: now,
      at: now,
      nextTry: now + WAIT_MS,
    };
    return (await detections.mark(id, name, again, found.version)) === null ? CONFLICT : true;
  });
}
