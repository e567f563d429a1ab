import { notificationIdOf } from '../core/detections/detection.ts';
import { sha256 } from '../storage/keys.ts';
import type { PendingBatch, PendingRow } from './batching.ts';
import type { DigestLimits } from './sink.ts';

/** One message that a sink is to receive: its id, and what it is about, in order. */
export interface PendingMessage {
  /** The same for each try. */
  readonly id: string;
  readonly members: readonly PendingRow[];
  readonly digest: boolean;
}

/**
 * The messages of a batch, in order: what was tried least comes first.
 *
 * What the end of the baseline made pending is one digest in a chat, whatever `limits.above` is.
 *
 * More untried notifications than `limits.above` go into digests. A digest is named by a hash of its members, and is sent
 * only when all of them are leased under its name. So no row that has the name of a digest was missing when the digest was
 * first sent, and what is left of it goes out under that name, all at once: a receiver that had the digest ignores it, and
 * loses nothing. What was tried by itself stays by itself.
 */
export function pendingMessagesOf(
  { untried, tried, waitingDigests }: PendingBatch,
  limits: DigestLimits | null,
): PendingMessage[] {
  const isApart = limits?.baseline !== undefined;
  const ofBaseline = untried.filter(({ row }) => isApart && row.isOfBaseline);
  const ordinary = untried.filter(({ row }) => !isApart || !row.isOfBaseline);
  const isFlood = limits !== null && ordinary.length > limits.above;
  const byMessage = Map.groupBy(tried, ({ row }) => row.digest || notificationIdOf(row));
  const again = [...byMessage].filter(([id]) => !waitingDigests.has(id));
  return [
    ...(limits?.baseline === 'one' && ofBaseline.length > 0 ? [digestOf(ofBaseline)] : ofBaseline.map(single)),
    ...(isFlood ? pieces(ordinary, limits.atMost).map(digestOf) : ordinary.map(single)),
    ...again.map(([id, members]) => ({ id, members, digest: members[0]?.row.digest === id })),
  ];
}

function single(member: PendingRow): PendingMessage {
  return { id: notificationIdOf(member.row), members: [member], digest: false };
}

function digestOf(members: readonly PendingRow[]): PendingMessage {
  if (members.length === 1) return single(members[0] as PendingRow);
  const id = `digest|${sha256(members.map(({ row }) => notificationIdOf(row)).sort()).slice(0, 32)}`;
  return { id, members, digest: true };
}

function pieces<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
}
