import type { SinkDelivery } from '../core/detections/detection.ts';
import { isOfThisRevision } from '../core/detections/pending_state.ts';
import { DAY_MS } from '../core/kql/timespan.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import { CONFLICT, retryOnConflict } from '../storage/optimistic.ts';
import { pendingKeyOf } from '../storage/pending_id.ts';
import type { Clock } from '../storage/ports/clock.ts';
import { MAX_SETTLED, type PendingNotification, type SettledNotification } from '../storage/ports/outbox.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { sinkBackoffMs } from './backoff.ts';
import { LEASE_MS, type PendingRow } from './batching.ts';
import { chunksByPartition, REQUESTS_AT_ONCE, replaceAll } from './leases.ts';
import { inParallel } from './parallel.ts';
import type { SinkAnswer } from './sink.ts';

type SettleStores = Pick<Stores, 'detections' | 'outbox'>;

/** A notification that was not delivered for so long fails. */
const GIVE_UP_MS = DAY_MS;

interface Ended {
  readonly row: PendingNotification;
  readonly delivery: SinkDelivery;
}

/** Numbers of detections, by what became of their notifications. */
export interface Settled {
  readonly sent: number;
  readonly failed: number;
  readonly waiting: number;
}

/**
 * Records the answer to a message: what was delivered or rejected leaves the outbox, and its detection says so; the rest
 * backs off.
 */
export async function settleAll(
  stores: SettleStores,
  leased: readonly PendingRow[],
  answer: SinkAnswer,
  clock: Clock,
  jitter: number,
): Promise<Settled> {
  const now = clock();
  const ended: Ended[] = [];
  const waiting: PendingRow[] = [];
  let lost = 0;
  for (const each of leased) {
    const status = statusAfter(each.row, answer, now);
    if (status === 'failed' && now - each.row.leasedAt >= LEASE_MS && !(await isStillLeased(stores, each))) lost++;
    else if (status === 'pending') waiting.push({ ...each, row: rowAfter(each.row, answer, now, jitter) });
    else ended.push({ row: each.row, delivery: deliveryOf(each.row, status, answer.answer, now) });
  }
  await replaceAll(stores.outbox, waiting);
  await inParallel(chunksByPartition(ended, MAX_SETTLED), REQUESTS_AT_ONCE, async (some) => {
    const settled = some.map(({ row: pending, delivery }) => ({ pending, delivery }));
    if (await stores.outbox.settle(settled)) return;
    for (const each of settled) await settleOne(stores, each);
  });
  const sent = ended.filter(({ delivery }) => delivery.status === 'sent').length;
  return { sent, failed: ended.length - sent, waiting: waiting.length + lost };
}

/** The lease has expired: another worker may have it by now, and then only what arrived is of use to it. */
async function isStillLeased({ outbox }: SettleStores, leased: PendingRow): Promise<boolean> {
  return (await outbox.replace([leased])) !== null;
}

function statusAfter(
  { firstAt }: PendingNotification,
  { kind }: SinkAnswer,
  now: number,
): 'sent' | 'failed' | 'pending' {
  if (kind === 'sent') return 'sent';
  // It stays pending until the sink is back, and has a day from then.
  if (kind === 'gone') return 'pending';
  return kind === 'permanent' || now - (firstAt ?? now) >= GIVE_UP_MS ? 'failed' : 'pending';
}

function rowAfter(row: PendingNotification, answer: SinkAnswer, now: number, jitter: number): PendingNotification {
  const free = { ...row, leasedAt: 0, answer: answer.answer };
  if (answer.kind !== 'transient') return { ...free, attempts: 0, firstAt: null, digest: '' };
  return { ...free, nextTry: now + sinkBackoffMs(row.attempts, answer.retryAfterMs ?? 0, jitter) };
}

function deliveryOf(row: PendingNotification, status: 'sent' | 'failed', answer: string, at: number): SinkDelivery {
  const { episode, revision, severity, attempts, firstAt, digest } = row;
  return { episode, revision, status, severity, attempts, firstAt, at, answer, ...(digest !== '' && { digest }) };
}

/**
 * Where the transaction of many failed: the scorer withdrew the notification, or raised the revision, while it was on its
 * way; or the lease expired, and another worker has settled it. What arrived is recorded, so that it is not sent again.
 */
async function settleOne({ detections, outbox }: SettleStores, settled: SettledNotification): Promise<void> {
  if (await outbox.settle([settled])) return;
  const { pending, delivery } = settled;
  const id = pending.groupId;
  await retryOnConflict('detection', async () => {
    const found = await unlessBad(detections.get(id));
    if (found === BAD) return;
    if (found === null) return await outbox.discard(pending);
    const present = found.row.deliveries[pending.sink];
    if (present === undefined || !isOfThisRevision(pending, present)) return;
    if (present.status === 'sent' || delivery.status !== 'sent') return;
    const remove = present.status === 'pending' && { remove: pendingKeyOf(pending, pending.sink, present) };
    const change = { sink: pending.sink, delivery, ...remove };
    if ((await detections.mark(id, change, found.version)) === null) return CONFLICT;
  });
}
