import type { Detection } from '../core/detections/detection.ts';
import type { NeighboursOf } from '../core/detections/neighbours.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { PendingNotification } from '../storage/ports/outbox.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { LEASE_MS, type PendingRow } from './batching.ts';
import { leaseAll, REQUESTS_AT_ONCE, release } from './leases.ts';
import { withNeighbours } from './open_neighbours.ts';
import { isPending } from './outbox_changes.ts';
import { inParallel } from './parallel.ts';
import type { PendingMessage } from './pending_messages.ts';
import { type Settled, settleAll } from './settle.ts';
import { SEND_MS, type Sink, type SinkAnswer } from './sink.ts';

type DeliverStores = Pick<Stores, 'detections' | 'outbox'>;

/** How one message ended, in numbers of detections; `answer` is null where nothing was sent. */
export interface Delivered extends Settled {
  readonly leased: number;
  readonly answer: SinkAnswer | null;
}

/** Sends one message: leases its members, reads the detections that it lists, sends, and records the answer. */
export async function deliver(
  stores: DeliverStores,
  sink: Sink,
  message: PendingMessage,
  clock: Clock,
  jitter: number,
  neighbours: () => Promise<NeighboursOf | null>,
): Promise<Delivered> {
  const notSent = { sent: 0, failed: 0, waiting: 0, leased: message.members.length, answer: null };
  // Before the lease, whose time is short.
  const neighboursOf = message.digest ? null : await neighbours();
  const leasedAt = clock();
  const leased = await leaseAll(stores.outbox, message, leasedAt);
  if (leased === null) return notSent;
  const { detections, left } = await listedOf(stores, leased.slice(0, sink.digests?.listed ?? 1));
  const members = leased.filter(({ row }) => !left.has(row));
  const now = clock();
  // A lease that could expire while the message is on its way is not used: two workers would send it.
  if (detections.length === 0 || now - leasedAt > LEASE_MS - 2 * SEND_MS) {
    await release(stores.outbox, freed(members, message));
    return notSent;
  }
  const { id, digest } = message;
  const notification = { id, detections, more: members.length - detections.length, digest };
  const answer = await sink.send(withNeighbours(notification, neighboursOf), now);
  return { ...(await settleAll(stores, members, answer, clock, jitter)), leased: left.size, answer };
}

/**
 * The detections that a message lists, and the rows that it omits. A row is omitted if its detection has changed so that
 * nothing is pending, or cannot be read; the latter stays leased and is tried again.
 */
async function listedOf({ detections, outbox }: DeliverStores, rows: readonly PendingRow[]) {
  const listed: Detection[] = [];
  const left = new Set<PendingNotification>();
  const found = await inParallel(rows, REQUESTS_AT_ONCE, ({ row }) => unlessBad(detections.get(row.groupId)));
  for (const [n, { row }] of rows.entries()) {
    const each = found[n];
    if (each !== BAD && each && isPending(row, each.row.deliveries[row.sink])) {
      listed.push(each.row.detection);
      continue;
    }
    left.add(row);
    if (each !== BAD) await outbox.discard(row);
  }
  return { detections: listed, left };
}

/** The rows as they were before they were leased, with the versions that they have now. */
function freed(leased: readonly PendingRow[], { members }: PendingMessage): PendingRow[] {
  const versions = new Map(leased.map(({ row, version }) => [row.groupId, version]));
  return members.flatMap(({ row }) => {
    const version = versions.get(row.groupId);
    return version === undefined ? [] : [{ row, version }];
  });
}
