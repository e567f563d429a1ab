import {
  type DetectionSummary,
  type DigestMark,
  detectionIdOf,
  notificationIdOf,
  SEVERITIES,
  type SinkDelivery,
} from '../core/detections/detection.ts';
import { isOfThisRevision, type NotifiableDetection, pendingStateOf } from '../core/detections/pending.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { sha256 } from '../storage/keys.ts';
import type { DigestLimits } from './sink.ts';

/** One message that a sink is to get: what of, and under which id. */
export interface PendingNotification {
  /** The same for every try. */
  readonly id: string;
  readonly members: readonly Member[];
  /** Null for one detection by itself. */
  readonly digest: DigestMark | null;
}

/** A live detection, and what is known of it at one sink: enough to see what is due. */
export interface PendingDetection
  extends NotifiableDetection,
    Pick<DetectionSummary, 'groupId' | 'detector' | 'severity' | 'average'> {
  readonly delivery: SinkDelivery | undefined;
}

/** A detection, and the change of it that is due. */
export interface Member extends Pick<PendingDetection, 'groupId' | 'detector' | 'episode' | 'revision'> {}

/** A delivery that was claimed so long ago is nobody's any more. */
export const LEASE_MS = 2 * 60_000;

/**
 * What a sink is to be told now, in order: what was tried least comes first, then the more severe,
 * then the higher average.
 *
 * More detections than `together.above` go into digests. A digest is named by a hash of what it is made of, and is sent
 * only when all of that is claimed for it. So one that is found with all its members, or with an answer at one of them,
 * may have been sent, and what is left of it is told again under its id, all at once; another never was, and its members
 * are free. What was tried by itself before stays by itself: it may have arrived.
 */
export function pendingNotificationsOf(
  outgoing: readonly PendingDetection[],
  since: Timestamp,
  together: DigestLimits | null,
  now: number,
): PendingNotification[] {
  const sent = sentDigests(outgoing);
  const all = outgoing.filter((each) => pendingStateOf(each, each.delivery, since) === 'pending');
  const due = all.filter((each) => !isLeasedOrWaiting(each, now)).sort(byOrder);
  // One of its members waits: in two parts it would be two messages of one id.
  const waiting = new Set(
    all.filter((each) => isLeasedOrWaiting(each, now)).map((each) => deliveryOfThisRevision(each)?.digest?.id),
  );
  const again = new Map<string, { mark: DigestMark; members: PendingDetection[] }>();
  const alone: PendingDetection[] = [];
  const free: PendingDetection[] = [];
  for (const each of due) {
    const delivery = deliveryOfThisRevision(each);
    if (delivery === undefined) free.push(each);
    else if (delivery.digest === undefined) alone.push(each);
    else if (!sent.has(delivery.digest.id)) free.push(each);
    else if (!waiting.has(delivery.digest.id)) {
      const { digest: mark } = delivery;
      const found = again.get(mark.id) ?? { mark, members: [] };
      found.members.push(each);
      again.set(mark.id, found);
    }
  }
  const isFlood = together !== null && free.length > together.above;
  return [
    ...(isFlood ? pieces(free, together.atMost).map(digestOf) : free.map(single)),
    ...alone.map(single),
    ...[...again.values()].map(({ mark, members }) => ({ id: mark.id, members, digest: { ...mark, of: 1 } })),
  ];
}

/** Whether somebody is sending it right now, or it is to wait. */
export function isLeasedOrWaiting(
  each: Pick<PendingDetection, 'episode' | 'revision' | 'delivery'>,
  now: number,
): boolean {
  const delivery = deliveryOfThisRevision(each);
  return isDeliveryLeased(each, now) || (delivery?.status === 'sending' && (delivery.nextTry ?? 0) > now);
}

/** Whether somebody is sending it right now, or was when it died. */
export function isDeliveryLeased(
  each: Pick<PendingDetection, 'episode' | 'revision' | 'delivery'>,
  now: number,
): boolean {
  const delivery = deliveryOfThisRevision(each);
  return delivery?.status === 'sending' && delivery.answer === '' && now - delivery.at < LEASE_MS;
}

/** The delivery of the present change. */
export function deliveryOfThisRevision(
  each: Pick<PendingDetection, 'episode' | 'revision' | 'delivery'>,
): SinkDelivery | undefined {
  return each.delivery !== undefined && isOfThisRevision(each, each.delivery) ? each.delivery : undefined;
}

/** Digests that were sent, for all that is known: claimed whole, or answered. */
function sentDigests(outgoing: readonly PendingDetection[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  const sent = new Set<string>();
  for (const { delivery } of outgoing) {
    if (delivery?.digest === undefined) continue;
    const { id, of } = delivery.digest;
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    if (count >= of || delivery.answer !== '') sent.add(id);
  }
  return sent;
}

/** What was tried least comes first, then the more severe, then the higher average. */
export function byOrder(a: PendingDetection, b: PendingDetection): number {
  const tries = (deliveryOfThisRevision(a)?.attempts ?? 0) - (deliveryOfThisRevision(b)?.attempts ?? 0);
  const severity = SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity);
  return tries || severity || b.average - a.average || (detectionIdOf(a) < detectionIdOf(b) ? -1 : 1);
}

function single(member: PendingDetection): PendingNotification {
  return { id: notificationIdOf(member), members: [member], digest: null };
}

function digestOf(members: readonly PendingDetection[]): PendingNotification {
  if (members.length === 1) return single(members[0] as PendingDetection);
  const id = `digest|${sha256(members.map(notificationIdOf).sort()).slice(0, 32)}`;
  return { id, members, digest: { id, of: members.length } };
}

function pieces<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, n) => items.slice(n * size, (n + 1) * size));
}
