import { notificationIdOf, SEVERITIES } from '../core/detections/detection.ts';
import { compareText } from '../core/text/compare_text.ts';
import { PARTITIONS } from '../storage/keys.ts';
import type { Outbox, PendingNotification } from '../storage/ports/outbox.ts';
import type { Versioned } from '../storage/ports/versioned.ts';

/** A row of the outbox as it was listed. */
export type PendingRow = Versioned<PendingNotification>;

/** The pending notifications of a sink that one batch can send. */
export interface PendingBatch {
  /** Never tried: the first in order, at most so many. */
  readonly untried: readonly PendingRow[];
  /** Tried before, and free to be tried again: all of them, since the rest of a digest goes out at once. */
  readonly tried: readonly PendingRow[];
  /** Digests of which a row is leased or backs off. */
  readonly waitingDigests: ReadonlySet<string>;
  /** Another worker has the lease on a row, and may have died. */
  readonly isLeasedElsewhere: boolean;
  /** More is pending than one batch takes: another batch goes on. */
  readonly isCut: boolean;
}

/** A lease expires after this time (ms). */
export const LEASE_MS = 2 * 60_000;
/** Rows of some 300 bytes, and up to twice as many in memory: 6 MB at most. */
const MOST_UNTRIED = 10_000;
/** Attempts up to which the queue calls again when a lease expires. Later attempts wait for the hourly runs. */
const QUICK_TRIES = 5;

/** Lists the pending notifications of a sink, in all partitions at once: one request per thousand rows, and no detection. */
export async function pendingBatchOf(
  outbox: Pick<Outbox, 'list'>,
  sink: string,
  now: number,
  mostUntried = MOST_UNTRIED,
): Promise<PendingBatch> {
  const tried: PendingRow[] = [];
  const waitingDigests = new Set<string>();
  let untried: PendingRow[] = [];
  let isLeasedElsewhere = false;
  let isCut = false;
  const cut = () => {
    isCut = true;
    untried = untried.sort(byOrder).slice(0, mostUntried);
  };
  const take = (each: PendingRow) => {
    const { row } = each;
    const isLeased = row.leasedAt > 0 && now - row.leasedAt < LEASE_MS;
    if (isLeased && row.attempts <= QUICK_TRIES) isLeasedElsewhere = true;
    if (isLeased || row.nextTry > now) waitingDigests.add(row.digest);
    else if (row.attempts > 0) tried.push(each);
    else if (untried.push(each) > 2 * mostUntried) cut();
  };
  await Promise.all(
    PARTITIONS.map(async (partition) => {
      for await (const page of outbox.list(partition, sink)) page.forEach(take);
    }),
  );
  if (untried.length > mostUntried) cut();
  return { untried: untried.sort(byOrder), tried: tried.sort(byAttempts), waitingDigests, isLeasedElsewhere, isCut };
}

/** The fewest attempts first. */
function byAttempts(a: PendingRow, b: PendingRow): number {
  return a.row.attempts - b.row.attempts || byOrder(a, b);
}

/** The most severe first, then the highest score, then the highest average. */
function byOrder({ row: a }: PendingRow, { row: b }: PendingRow): number {
  const severity = SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity);
  return (
    severity || b.score - a.score || b.average - a.average || compareText(notificationIdOf(a), notificationIdOf(b))
  );
}
