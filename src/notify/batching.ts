import { detectionIdOf } from '../core/detections/detection.ts';
import { pendingStateOf } from '../core/detections/pending.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Detections } from '../storage/ports/detections.ts';
import { byOrder, deliveryOfThisRevision, type PendingDetection } from './pending.ts';

/** What one round of telling a sink is about. */
export interface PendingBatch {
  /** What is due, and what is known of the digests that it was tried within. */
  readonly pending: readonly PendingDetection[];
  /** More is pending: another round goes on. */
  readonly isCut: boolean;
}

/** Never tried, and held at a time: some 500 bytes each, so 10 MB at most (the double, before they are cut). */
const MOST_UNTRIED = 10_000;

/**
 * What is due to a sink: all that was tried and not taken (as much as was tried within a day), and of the rest the first
 * in order, at most so many. Held without the evidence. Looks at every live detection.
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
  for await (const each of liveOf(detections, sink)) {
    const id = detectionIdOf(each);
    // One that goes from new to ongoing meanwhile is met twice, and may not be due any more.
    tried.delete(id);
    untried.delete(id);
    if (pendingStateOf(each, each.delivery, since) !== 'pending') continue;
    (deliveryOfThisRevision(each) === undefined ? untried : tried).set(id, each);
    if (untried.size > 2 * mostUntried) cut();
  }
  if (untried.size > mostUntried) cut();
  for (const member of await membersOf(detections, sink, digestsOf(tried.values()))) {
    // Also one that has changed since, and is due by itself.
    untried.delete(detectionIdOf(member));
    tried.set(detectionIdOf(member), member);
  }
  return { pending: [...tried.values(), ...untried.values()], isCut };
}

function digestsOf(tried: Iterable<PendingDetection>): ReadonlySet<string> {
  return new Set([...tried].flatMap(({ delivery }) => delivery?.digest?.id ?? []));
}

/** What was told within these digests, due or not: it says whether they were sent. */
async function membersOf(
  detections: Pick<Detections, 'summaries'>,
  sink: string,
  digests: ReadonlySet<string>,
): Promise<PendingDetection[]> {
  const members: PendingDetection[] = [];
  if (digests.size === 0) return members;
  for await (const each of liveOf(detections, sink)) {
    if (digests.has(each.delivery?.digest?.id ?? '')) members.push(each);
  }
  return members;
}

async function* liveOf(detections: Pick<Detections, 'summaries'>, sink: string): AsyncGenerator<PendingDetection> {
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
