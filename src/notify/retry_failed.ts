import { pendingStateOf } from '../core/detections/pending_state.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import { CONFLICT, retryOnConflict } from '../storage/optimistic.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { SinkState } from '../storage/ports/sink_states.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { REQUESTS_AT_ONCE } from './leases.ts';
import { pendingChangeOf } from './outbox_changes.ts';
import { inParallel } from './parallel.ts';
import { changeSink, knownSinks } from './sink_states.ts';

/** Failed notifications of a sink that are pending again, in numbers of detections. */
export interface Retried {
  readonly sink: string;
  readonly detections: number;
  /** The sink answered 410 (gone): it receives nothing until its settings change. */
  readonly isDisabled: boolean;
}

type RetryStores = Pick<Stores, 'detections' | 'sinks' | 'queues'>;

/** By then all of them are pending, so that many go into digests. */
const WAIT_MS = 60_000;

/**
 * Makes failed notifications pending again, of detections that are active and have the same revision. They keep their id,
 * and have a day again to be delivered. `sinks`: null for all sinks that the scoring runs know; unknown ones are skipped.
 * A dry run only reads. Running it twice in parallel does no harm.
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
    const detections = isDryRun ? failed.size : await retryAll(stores, state, failed, clock);
    retried.push({ sink: state.name, detections, isDisabled: state.disabledAt !== null });
  }
  return retried;
}

/** The ids of the failed detections. One that becomes ongoing during the reading is read twice. */
async function failedAt({ detections }: RetryStores, sink: SinkState): Promise<ReadonlySet<string>> {
  const failed = new Set<string>();
  for (const state of ['new', 'ongoing'] as const) {
    for await (const page of detections.summaries({ state }, [sink.name])) {
      for (const { detection, deliveries } of page) {
        if (pendingStateOf(detection, deliveries[sink.name], sink) === 'failed') failed.add(detection.groupId);
      }
    }
  }
  return failed;
}

async function retryAll(
  stores: RetryStores,
  state: SinkState,
  ids: ReadonlySet<string>,
  clock: Clock,
): Promise<number> {
  const nextTry = clock() + WAIT_MS;
  const marked = await inParallel([...ids], REQUESTS_AT_ONCE, (id) => retryOne(stores, state, id, clock(), nextTry));
  const retried = marked.filter((isMarked) => isMarked).length;
  if (retried === 0) return 0;
  // The operator has fixed the sink: it no longer backs off.
  await unlessBad(changeSink(stores, state.name, (present) => ({ ...present, failures: 0, notBefore: 0 })));
  await stores.queues.send('notify', { sink: state.name }, WAIT_MS);
  return retried;
}

/** Whether it was still failed, and is pending now. */
async function retryOne(
  { detections }: RetryStores,
  sink: SinkState,
  id: string,
  now: number,
  nextTry: number,
): Promise<boolean> {
  return await retryOnConflict('detection', async () => {
    const found = await unlessBad(detections.get(id));
    if (found === BAD) return false;
    const failed = found?.row.deliveries[sink.name];
    if (!found || !failed || pendingStateOf(found.row.detection, failed, sink) !== 'failed') return false;
    const change = pendingChangeOf(found.row.detection, sink.name, failed, now, nextTry);
    return (await detections.mark(id, change, found.version)) === null ? CONFLICT : true;
  });
}
