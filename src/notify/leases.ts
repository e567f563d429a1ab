import { partitionOf } from '../storage/keys.ts';
import { MAX_REPLACED, type Outbox } from '../storage/ports/outbox.ts';
import type { PendingRow } from './batching.ts';
import { inParallel } from './parallel.ts';
import type { PendingMessage } from './pending_messages.ts';

/** Parallel requests for one message. */
export const REQUESTS_AT_ONCE = 16;

/**
 * Leases all members of a message. The rows as they are then, in order; null where one of them changed since it was
 * listed: then none is leased, and nothing may be sent. The first transaction goes alone, so that of two workers with the
 * same digest one stops before it has leased anything.
 */
export async function leaseAll(
  outbox: Pick<Outbox, 'replace'>,
  { id, members, digest }: PendingMessage,
  now: number,
): Promise<readonly PendingRow[] | null> {
  const rows = members.map(({ row, version }) => {
    const { attempts, firstAt } = row;
    const lease = { attempts: attempts + 1, firstAt: firstAt ?? now, leasedAt: now, nextTry: 0 };
    return { row: { ...row, ...lease, digest: digest ? id : '' }, version };
  });
  const [first = [], ...others] = chunksByPartition(rows, MAX_REPLACED);
  const start = await outbox.replace(first);
  if (start === null) return null;
  const rest = await inParallel(others, REQUESTS_AT_ONCE, (some) => outbox.replace(some));
  const versions = new Map<object, string>();
  for (const [n, some] of [first, ...others].entries()) {
    const written = n === 0 ? start : rest[n - 1];
    for (const [index, { row }] of some.entries()) if (written) versions.set(row, written[index] as string);
  }
  const leased = rows.map(({ row }) => ({ row, version: versions.get(row) ?? '' }));
  if (!rest.includes(null)) return leased;
  const before = members.map(({ row }, n) => ({ row, version: (leased[n] as PendingRow).version }));
  await release(
    outbox,
    before.filter(({ version }) => version !== ''),
  );
  return null;
}

/** Writes rows as they were before they were leased: nothing was sent. A row that somebody changed stays as it is. */
export async function release(outbox: Pick<Outbox, 'replace'>, rows: readonly PendingRow[]): Promise<void> {
  await replaceAll(outbox, rows);
}

/** Writes rows under their versions, as few transactions as can be; one that somebody changed stays as it is. */
export async function replaceAll(outbox: Pick<Outbox, 'replace'>, rows: readonly PendingRow[]): Promise<void> {
  await inParallel(chunksByPartition(rows, MAX_REPLACED), REQUESTS_AT_ONCE, async (some) => {
    if ((await outbox.replace(some)) === null && some.length > 1) for (const each of some) await outbox.replace([each]);
  });
}

/** Rows by partition, at most so many together. */
export function chunksByPartition<T extends { readonly row: { readonly groupId: string } }>(
  rows: readonly T[],
  size: number,
): T[][] {
  const byPartition = Map.groupBy(rows, ({ row }) => partitionOf(row.groupId));
  return [...byPartition.values()].flatMap((some) =>
    Array.from({ length: Math.ceil(some.length / size) }, (_, n) => some.slice(n * size, (n + 1) * size)),
  );
}
