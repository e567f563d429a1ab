import { type Detection, detectionIdOf, type SinkDelivery } from '../core/detections/detection.ts';
import { isOfThisRevision, pendingStateOf } from '../core/detections/pending.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { DetectionRow } from '../storage/ports/detections.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { Versioned } from '../storage/ports/versioned.ts';
import { isLeasedOrWaiting, type Member, type PendingNotification } from './pending.ts';

/** One detection that is claimed for one sink, and what it was then. */
export interface LeasedDetection {
  readonly id: string;
  readonly lease: SinkDelivery;
  readonly version: string;
  /** Of those that are shown; the others' evidence is not held. */
  readonly detection: Detection | null;
}

/** Requests at a time, for the members of a digest. */
const AT_ONCE = 16;

/**
 * Claims all members of a telling, under their rows' versions, for one sink. Null where one is not to be told any more,
 * or is in other hands: then nothing may be sent. The first is claimed by itself: of two workers with the same digest
 * one is turned away before it has claimed anything.
 */
export async function leaseAll(
  stores: Pick<Stores, 'detections'>,
  sink: string,
  since: Timestamp,
  telling: PendingNotification,
  shown: number,
  now: number,
): Promise<readonly LeasedDetection[] | null> {
  const claimed: LeasedDetection[] = [];
  for (let start = 0; start < telling.members.length; start += start === 0 ? 1 : AT_ONCE) {
    const some = telling.members.slice(start, start === 0 ? 1 : start + AT_ONCE);
    const claims = await Promise.all(
      some.map((member, n) => lease(stores, sink, since, telling, member, start + n < shown, now)),
    );
    for (const each of claims) {
      if (each === null) return null;
      claimed.push(each);
    }
  }
  return claimed;
}

async function lease(
  { detections }: Pick<Stores, 'detections'>,
  sink: string,
  since: Timestamp,
  { digest }: PendingNotification,
  member: Member,
  isShown: boolean,
  now: number,
): Promise<LeasedDetection | null> {
  const id = detectionIdOf(member);
  for (;;) {
    const found = await detections.get(id);
    if (found === null) return null;
    const { detection, deliveries } = found.row;
    const before = deliveries[sink];
    const isAsked = detection.episode === member.episode && detection.revision === member.revision;
    if (!isAsked || pendingStateOf(detection, before, since) !== 'pending') return null;
    if (isLeasedOrWaiting({ ...member, delivery: before }, now)) return null;
    const claim = leaseOf(detection, before, digest, now);
    const version = await detections.mark(id, sink, claim, found.version);
    // Where the row was written meanwhile, by the scorer or for another sink, it is looked at anew.
    if (version !== null) return { id, lease: claim, version, detection: isShown ? detection : null };
  }
}

function leaseOf(
  detection: Detection,
  before: SinkDelivery | undefined,
  digest: PendingNotification['digest'],
  now: number,
): SinkDelivery {
  const { episode, revision: change } = detection;
  const tried = before !== undefined && isOfThisRevision(detection, before) ? before : { attempts: 0, firstAt: now };
  return {
    episode,
    revision: change,
    status: 'sending',
    attempts: tried.attempts + 1,
    // What begins anew (asked for again, or woken) has no attempts: its day begins with the first, whenever that is.
    firstAt: tried.attempts === 0 ? now : tried.firstAt,
    at: now,
    answer: '',
    ...(digest && { digest }),
  };
}

/** Writes the outcome for all that was claimed. */
export async function markAll(
  stores: Pick<Stores, 'detections'>,
  sink: string,
  claimed: readonly LeasedDetection[],
  outcomeOf: (claim: SinkDelivery) => SinkDelivery,
): Promise<void> {
  for (let start = 0; start < claimed.length; start += AT_ONCE) {
    const some = claimed.slice(start, start + AT_ONCE);
    await Promise.all(some.map((each) => mark(stores, sink, each, outcomeOf(each.lease))));
  }
}

/** Also where the scorer wrote the row meanwhile; not where the claim is another's by now. */
async function mark(
  { detections }: Pick<Stores, 'detections'>,
  sink: string,
  { id, lease: claim, version: claimVersion }: LeasedDetection,
  outcome: SinkDelivery,
): Promise<void> {
  let version: string | null = claimVersion;
  while ((await detections.mark(id, sink, outcome, version)) === null) {
    const found: Versioned<DetectionRow> | null = await detections.get(id);
    const present = found?.row.deliveries[sink];
    if (!found || present?.at !== claim.at || present.attempts !== claim.attempts) return;
    version = found.version;
  }
}
