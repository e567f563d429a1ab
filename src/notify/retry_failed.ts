import { detectionIdOf, type SinkDelivery } from '../core/detections/detection.ts';
import { pendingStateOf } from '../core/detections/pending.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { SinkState } from '../storage/ports/sink_states.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { changeSink, knownSinks } from './sink_states.ts';

/** What a sink did not take and is to be told again, by the number of detections. */
export interface Retried {
  readonly sink: string;
  readonly detections: number;
  /** It said that it is gone (410): it hears nothing until its settings change. */
  readonly isDisabled: boolean;
}

type RetryStores = Pick<Stores, 'detections' | 'sinks' | 'queues'>;

/** All of a digest are marked by then: they are told again in one message. */
const WAIT_MS = 60_000;
/** Requests at a time. */
const AT_ONCE = 16;

/**
 * Makes due again what sinks did not take: live detections whose present change has failed. It is told under the id that
 * it had, and has a day again to be taken. Null is all sinks that the runs of the functions have met; one that they have
 * not, or miss, is left out. Dry, it reads only. Doing it twice at once does no harm.
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

/**
 * The ids of the detections, those that were told together side by side: a digest that is marked in one go is told in one,
 * however many others there are, and whatever stops us between them.
 */
async function failedAt({ detections }: RetryStores, { name, since }: SinkState): Promise<string[]> {
  const digests = new Map<string, string>();
  // One that goes from the first to the second meanwhile is met twice.
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
  // Who asks for this has mended it: it is not left alone any longer.
  await changeSink(stores, state.name, (present) => ({ ...present, failures: 0, notBefore: 0 }));
  await stores.queues.send('notify', { sink: state.name }, WAIT_MS);
  return retried;
}

/** Whether it was still failed, and is due now. */
async function retryOne(
  { detections }: RetryStores,
  { name, since }: SinkState,
  id: string,
  now: number,
): Promise<boolean> {
  for (;;) {
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
    // Where the row was written meanwhile, by the scorer or for another sink, it is looked at anew.
    if ((await detections.mark(id, name, again, found.version)) !== null) return true;
  }
}
