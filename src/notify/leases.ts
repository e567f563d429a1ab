import { type Detection, detectionIdOf, type SinkDelivery } from '../core/detections/detection.ts';
import { isOfThisRevision, pendingStateOf } from '../core/detections/pending_state.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { CONFLICT, retryOnConflict } from '../storage/optimistic.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { isLeasedOrWaiting, type Member, type PendingNotification } from './pending.ts';

/** One detection that is leased for one sink, as it was then. */
export interface LeasedDetection {
  readonly id: string;
  readonly lease: SinkDelivery;
  readonly version: string;
  /** Null where the message does not list it: its evidence is not held. */
  readonly detection: Detection | null;
}

/** Parallel requests for the members of a digest. */
const AT_ONCE = 16;

/**
 * Leases all members of a notification for one sink, each under the version of its row. Null where a member is no longer
 * pending or another worker has its lease: then nothing may be sent. The first member is leased alone, so that of two
 * workers with the same digest one stops before it has leased anything. `listed`: members that the message lists.
 */
export async function leaseAll(
  stores: Pick<Stores, 'detections'>,
  sink: string,
  since: Timestamp,
  notification: PendingNotification,
  listed: number,
  now: number,
): Promise<readonly LeasedDetection[] | null> {
  const leased: LeasedDetection[] = [];
  for (let start = 0; start < notification.members.length; start += start === 0 ? 1 : AT_ONCE) {
    const some = notification.members.slice(start, start === 0 ? 1 : start + AT_ONCE);
    const leases = await Promise.all(
      some.map((member, n) => lease(stores, sink, since, notification, member, start + n < listed, now)),
    );
    for (const each of leases) {
      if (each === null) return null;
      leased.push(each);
    }
  }
  return leased;
}

async function lease(
  { detections }: Pick<Stores, 'detections'>,
  sink: string,
  since: Timestamp,
  { digest }: PendingNotification,
  member: Member,
  isListed: boolean,
  now: number,
): Promise<LeasedDetection | null> {
  const id = detectionIdOf(member);
  return await retryOnConflict('detection', async () => {
    const found = await detections.get(id);
    if (found === null) return null;
    const { detection, deliveries } = found.row;
    const before = deliveries[sink];
    const isSame = detection.episode === member.episode && detection.revision === member.revision;
    if (!isSame || pendingStateOf(detection, before, since) !== 'pending') return null;
    if (isLeasedOrWaiting({ ...member, delivery: before }, now)) return null;
    const lease = leaseOf(detection, before, digest, now);
    const version = await detections.mark(id, sink, lease, found.version);
    return version === null ? CONFLICT : { id, lease, version, detection: isListed ? detection : null };
  });
}

function leaseOf(
  detection: Detection,
  before: SinkDelivery | undefined,
  digest: PendingNotification['digest'],
  now: number,
): SinkDelivery {
  const { episode, revision } = detection;
  const tried = before !== undefined && isOfThisRevision(detection, before) ? before : { attempts: 0, firstAt: now };
  return {
    episode,
    revision,
    status: 'sending',
    attempts: tried.attempts + 1,
    // A retry on request, or after the sink was gone, has no attempts yet: its day begins with the first one.
    firstAt: tried.attempts === 0 ? now : tried.firstAt,
    at: now,
    answer: '',
    ...(digest && { digest }),
  };
}

/** Writes the outcome of all leased members. */
export async function markAll(
  stores: Pick<Stores, 'detections'>,
  sink: string,
  leased: readonly LeasedDetection[],
  outcomeOf: (lease: SinkDelivery) => SinkDelivery,
): Promise<void> {
  for (let start = 0; start < leased.length; start += AT_ONCE) {
    const some = leased.slice(start, start + AT_ONCE);
    await Promise.all(some.map((each) => mark(stores, sink, each, outcomeOf(each.lease))));
  }
}

/** Writes the outcome also where the scorer changed the row meanwhile; not where another worker has the lease by now. */
async function mark(
  { detections }: Pick<Stores, 'detections'>,
  sink: string,
  { id, lease, version }: LeasedDetection,
  outcome: SinkDelivery,
): Promise<void> {
  await retryOnConflict('detection', async (isFirst) => {
    if (isFirst) return (await detections.mark(id, sink, outcome, version)) ?? CONFLICT;
    const found = await detections.get(id);
    const present = found?.row.deliveries[sink];
    if (!found || present?.at !== lease.at || present.attempts !== lease.attempts) return null;
    return (await detections.mark(id, sink, outcome, found.version)) ?? CONFLICT;
  });
}
