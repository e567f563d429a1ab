import { detectionIdOf } from '../core/detections/detection.ts';
import { pendingStateOf } from '../core/detections/pending_state.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Detections } from '../storage/ports/detections.ts';
import { byOrder, deliveryOfThisRevision, type PendingDetection } from './pending.ts';

/** The detections that one batch of notifications to a sink works on. */
export interface PendingBatch {
  /** The pending detections, and the other members of the digests that they were sent in. */
  readonly pending: readonly PendingDetection[];
  /** More is pending than one batch takes: another batch goes on. */
  readonly isCut: boolean;
}

/** Untried detections of one batch: some 500 bytes each, and up to twice as many in memory, so 10 MB at most. */
const MOST_UNTRIED = 10_000;

/**
 * The pending detections of a sink: all that were tried and not delivered (those of one day at most), and of the untried
 * ones the first `mostUntried` in order. They are held without evidence. Reads every active detection.
 */
export async function pendingBatchOf(
  detections: Pick<Detections, 'summaries'>,
  sink: string,
  since: Timestamp,
  mostUntried = MOST_UNTRIED,
): Promise<PendingBatch> {
  const tried = new Map<string, PendingDetection>();
  let untried = new Map<string, PendingDetection>();
  let isCut = false;
  const cut = () => {
    isCut = true;
    untried = new Map([...untried].sort(([, a], [, b]) => byOrder(a, b)).slice(0, mostUntried));
  };
  for await (const each of activeOf(detections, sink)) {
    const id = detectionIdOf(each);
    // A detection that becomes ongoing during the reading is read twice, and may no longer be pending.
    tried.delete(id);
    untried.delete(id);
    if (pendingStateOf(each, each.delivery, since) !== 'pending') continue;
    (deliveryOfThisRevision(each) === undefined ? untried : tried).set(id, each);
    if (untried.size > 2 * mostUntried) cut();
  }
  if (untried.size > mostUntried) cut();
  for (const member of await membersOf(detections, sink, digestsOf(tried.values()))) {
    // A member may also have a newer revision, which is pending by itself.
    untried.delete(detectionIdOf(member));
    tried.set(detectionIdOf(member), member);
  }
  return { pending: [...tried.values(), ...untried.values()], isCut };
}

function digestsOf(tried: Iterable<PendingDetection>): ReadonlySet<string> {
  return new Set([...tried].flatMap(({ delivery }) => delivery?.digest?.id ?? []));
}

/** All members of these digests, pending or not: they show whether the digest was sent. */
async function membersOf(
  detections: Pick<Detections, 'summaries'>,
  sink: string,
  digests: ReadonlySet<string>,
): Promise<PendingDetection[]> {
  const members: PendingDetection[] = [];
  if (digests.size === 0) return members;
  for await (const each of activeOf(detections, sink)) {
    if (digests.has(each.delivery?.digest?.id ?? '')) members.push(each);
  }
  return members;
}

async function* activeOf(detections: Pick<Detections, 'summaries'>, sink: string): AsyncGenerator<PendingDetection> {
  for (const state of ['new', 'ongoing'] as const) {
    for await (const page of detections.summaries({ state }, [sink])) {
      for (const { detection, deliveries } of page) {
        const { groupId, detector, episode, revision, suppressedBy, severity, average } = detection;
        const of = { groupId, detector, state: detection.state, episode, revision, suppressedBy, severity, average };
        yield { ...of, delivery: deliveries[sink] };
      }
    }
  }
}
