import {
  type DetectionSummary,
  type DigestMark,
  detectionIdOf,
  notificationIdOf,
  SEVERITIES,
  type SinkDelivery,
} from '../core/detections/detection.ts';
import { isOfThisRevision, type NotifiableDetection, pendingStateOf } from '../core/detections/pending_state.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { sha256 } from '../storage/keys.ts';
import type { DigestLimits } from './sink.ts';

/** One message to a sink that is pending: its detections and its id. */
export interface PendingNotification {
  /** The same for every try. */
  readonly id: string;
  readonly members: readonly Member[];
  /** Null for one detection by itself. */
  readonly digest: DigestMark | null;
}

/** An active detection and its delivery at one sink: the members that decide whether it is pending. */
export interface PendingDetection
  extends NotifiableDetection,
    Pick<DetectionSummary, 'groupId' | 'detector' | 'severity' | 'average'> {
  readonly delivery: SinkDelivery | undefined;
}

/** A detection, and its revision that is pending. */
export interface Member extends Pick<PendingDetection, 'groupId' | 'detector' | 'episode' | 'revision'> {}

/** A lease expires after this time. */
export const LEASE_MS = 2 * 60_000;

/**
 * The notifications that a sink gets now, in order: fewest attempts first, then the higher severity, then the higher
 * average.
 *
 * More detections than `limits.above` go into digests. The id of a digest is a hash of its members, and it is sent only
 * when all members are leased for it. So a digest that is found with all its members, or with an answer at one of them,
 * may have been sent: its pending members are sent again under its id, in one message. Any other digest was never sent,
 * and its members are free. A detection that was tried by itself stays by itself, since that message may have arrived.
 */
export function pendingNotificationsOf(
  detections: readonly PendingDetection[],
  since: Timestamp,
  limits: DigestLimits | null,
  now: number,
): PendingNotification[] {
  const sent = sentDigests(detections);
  const all = detections.filter((each) => pendingStateOf(each, each.delivery, since) === 'pending');
  const ready = all.filter((each) => !isLeasedOrWaiting(each, now)).sort(byOrder);
  // A digest with a waiting member waits as a whole: in two parts it would be two messages of one id.
  const waiting = new Set(
    all.filter((each) => isLeasedOrWaiting(each, now)).map((each) => deliveryOfThisRevision(each)?.digest?.id),
  );
  const again = new Map<string, { mark: DigestMark; members: PendingDetection[] }>();
  const alone: PendingDetection[] = [];
  const free: PendingDetection[] = [];
  for (const each of ready) {
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
  const isFlood = limits !== null && free.length > limits.above;
  return [
    ...(isFlood ? pieces(free, limits.atMost).map(digestOf) : free.map(single)),
    ...alone.map(single),
    ...[...again.values()].map(({ mark, members }) => ({ id: mark.id, members, digest: { ...mark, of: 1 } })),
  ];
}

/** Whether a worker has its lease, or its next try is in the future. */
export function isLeasedOrWaiting(
  each: Pick<PendingDetection, 'episode' | 'revision' | 'delivery'>,
  now: number,
): boolean {
  const delivery = deliveryOfThisRevision(each);
  return isDeliveryLeased(each, now) || (delivery?.status === 'sending' && (delivery.nextTry ?? 0) > now);
}

/** Whether a worker has its lease; the worker may have died. */
export function isDeliveryLeased(
  each: Pick<PendingDetection, 'episode' | 'revision' | 'delivery'>,
  now: number,
): boolean {
  const delivery = deliveryOfThisRevision(each);
  return delivery?.status === 'sending' && delivery.answer === '' && now - delivery.at < LEASE_MS;
}

/** The delivery of the current revision; undefined where there was none yet. */
export function deliveryOfThisRevision(
  each: Pick<PendingDetection, 'episode' | 'revision' | 'delivery'>,
): SinkDelivery | undefined {
  return each.delivery !== undefined && isOfThisRevision(each, each.delivery) ? each.delivery : undefined;
}

/** Digests that may have been sent: all members leased, or an answer at one of them. */
function sentDigests(detections: readonly PendingDetection[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  const sent = new Set<string>();
  for (const { delivery } of detections) {
    if (delivery?.digest === undefined) continue;
    const { id, of } = delivery.digest;
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    if (count >= of || delivery.answer !== '') sent.add(id);
  }
  return sent;
}

/** Fewest attempts first, then the higher severity, then the higher average. */
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
