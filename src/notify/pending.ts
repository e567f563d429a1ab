import {
  type Delivery,
  type DetectionSummary,
  type DigestMark,
  detectionIdOf,
  notificationIdOf,
} from '../core/detections/detection.ts';
import { dueOf, isOfThisChange, type Tellable } from '../core/detections/pending.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { sha256 } from '../storage/keys.ts';
import type { Together } from './sink.ts';

/** One message that a sink is to get: what of, and under which id. */
export interface Telling {
  /** The same for every try. */
  readonly id: string;
  readonly members: readonly Member[];
  /** Null for one detection by itself. */
  readonly digest: DigestMark | null;
}

/** A live detection, and what is known of it at one sink: enough to see what is due. */
export interface Outgoing extends Tellable, Pick<DetectionSummary, 'groupId' | 'detector' | 'severity' | 'average'> {
  readonly delivery: Delivery | undefined;
}

/** A detection, and the change of it that is due. */
export interface Member extends Pick<Outgoing, 'groupId' | 'detector' | 'episode' | 'change'> {}

/** A delivery that was claimed so long ago is nobody's any more. */
export const CLAIM_MS = 2 * 60_000;

/**
 * What a sink is to be told now, in order: what was tried least comes first, then the more severe,
 * then the higher average.
 *
 * More detections than `together.above` go into digests. A digest is named by a hash of what it is made of, and is sent
 * only when all of that is claimed for it. So one that is found with all its members, or with an answer at one of them,
 * may have been sent, and what is left of it is told again under its id, all at once; another never was, and its members
 * are free. What was tried by itself before stays by itself: it may have arrived.
 */
export function tellingsOf(
  outgoing: readonly Outgoing[],
  since: Timestamp,
  together: Together | null,
  now: number,
): Telling[] {
  const sent = sentDigests(outgoing);
  const all = outgoing.filter((each) => dueOf(each, each.delivery, since) === 'due');
  const due = all.filter((each) => !isHeld(each, now)).sort(byOrder);
  // One of its members waits: in two parts it would be two messages of one id.
  const waiting = new Set(all.filter((each) => isHeld(each, now)).map((each) => ofThisChange(each)?.digest?.id));
  const again = new Map<string, { mark: DigestMark; members: Outgoing[] }>();
  const alone: Outgoing[] = [];
  const free: Outgoing[] = [];
  for (const each of due) {
    const delivery = ofThisChange(each);
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
export function isHeld(each: Pick<Outgoing, 'episode' | 'change' | 'delivery'>, now: number): boolean {
  const delivery = ofThisChange(each);
  return isClaimed(each, now) || (delivery?.status === 'sending' && (delivery.nextTry ?? 0) > now);
}

/** Whether somebody is sending it right now, or was when it died. */
export function isClaimed(each: Pick<Outgoing, 'episode' | 'change' | 'delivery'>, now: number): boolean {
  const delivery = ofThisChange(each);
  return delivery?.status === 'sending' && delivery.answer === '' && now - delivery.at < CLAIM_MS;
}

/** The delivery of the present change. */
export function ofThisChange(each: Pick<Outgoing, 'episode' | 'change' | 'delivery'>): Delivery | undefined {
  return each.delivery !== undefined && isOfThisChange(each, each.delivery) ? each.delivery : undefined;
}

/** Digests that were sent, for all that is known: claimed whole, or answered. */
function sentDigests(outgoing: readonly Outgoing[]): ReadonlySet<string> {
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

const SEVERITIES = ['low', 'medium', 'high'] as const;

/** What was tried least comes first, then the more severe, then the higher average. */
export function byOrder(a: Outgoing, b: Outgoing): number {
  const tries = (ofThisChange(a)?.attempts ?? 0) - (ofThisChange(b)?.attempts ?? 0);
  const severity = SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity);
  return tries || severity || b.average - a.average || (detectionIdOf(a) < detectionIdOf(b) ? -1 : 1);
}

function single(member: Outgoing): Telling {
  return { id: notificationIdOf(member), members: [member], digest: null };
}

function digestOf(members: readonly Outgoing[]): Telling {
  if (members.length === 1) return single(members[0] as Outgoing);
  const id = `digest|${sha256(members.map(notificationIdOf).sort()).slice(0, 32)}`;
  return { id, members, digest: { id, of: members.length } };
}

function pieces<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, n) => items.slice(n * size, (n + 1) * size));
}
