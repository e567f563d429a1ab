import { partitionOf } from '../../src/storage/keys.ts';
import { pendingIdOf, pendingKeys } from '../../src/storage/pending_id.ts';
import type { DetectionRow } from '../../src/storage/ports/detections.ts';
import type { Partition } from '../../src/storage/ports/hourly_counts.ts';
import {
  MAX_REPLACED,
  MAX_SETTLED,
  type Outbox,
  type PendingKey,
  type PendingNotification,
  type SettledNotification,
} from '../../src/storage/ports/outbox.ts';
import type { Versioned } from '../../src/storage/ports/versioned.ts';
import { pagesOf, throughJson, VersionedRows } from './versioned_rows.ts';

/** What the two ports on the `Detections` table share: each kind of row by `<partition>|<RowKey>`. */
export class DetectionsTable {
  readonly detections = new VersionedRows<DetectionRow>();
  readonly pending = new VersionedRows<PendingNotification>();
}

export function pendingKeyOf(key: PendingKey): string {
  return `${partitionOf(key.groupId)}|${pendingIdOf(key)}`;
}

export class MemoryOutbox implements Outbox {
  readonly #table: DetectionsTable;

  constructor(table: DetectionsTable) {
    this.#table = table;
  }

  async *list(partition: Partition, sink: string): AsyncGenerator<readonly Versioned<PendingNotification>[]> {
    yield* pagesOf(this.#entries(partition, sink).map(([, found]) => found));
  }

  async get(key: PendingKey): Promise<Versioned<PendingNotification> | null> {
    return this.#table.pending.get(pendingKeyOf(key));
  }

  async *ids(partition: Partition): AsyncGenerator<readonly string[]> {
    yield* pagesOf(this.#entries(partition).map(([key]) => key.slice(partition.length + 1)));
  }

  async replace(rows: readonly Versioned<PendingNotification>[]): Promise<readonly string[] | null> {
    ofOneTransaction(
      rows.map(({ row }) => row),
      MAX_REPLACED,
    );
    const { pending } = this.#table;
    if (rows.some(({ row, version }) => pending.version(pendingKeyOf(row)) !== version)) return null;
    return rows.map(({ row }) => pending.put(pendingKeyOf(row), throughJson(row)));
  }

  async settle(settled: readonly SettledNotification[]): Promise<boolean> {
    ofOneTransaction(
      settled.map(({ pending }) => pending),
      MAX_SETTLED,
    );
    const { pending: rows, detections } = this.#table;
    const isGone = ({ pending }: SettledNotification) =>
      rows.version(pendingKeyOf(pending)) === null || detections.version(pending.groupId) === null;
    if (settled.some(isGone)) return false;
    for (const { pending, delivery } of settled) {
      const id = pending.groupId;
      const found = detections.get(id) as Versioned<DetectionRow>;
      detections.put(id, {
        ...found.row,
        deliveries: { ...found.row.deliveries, [pending.sink]: throughJson(delivery) },
      });
      rows.delete(pendingKeyOf(pending));
    }
    return true;
  }

  async discard(key: PendingKey): Promise<void> {
    this.#table.pending.delete(pendingKeyOf(key));
  }

  #entries(partition: Partition, sink?: string): [string, Versioned<PendingNotification>][] {
    const { from, to } = pendingKeys(sink);
    return this.#table.pending.between(`${partition}|${from}`, `${partition}|${to}`);
  }
}

/** As the service: rows of one partition, each once, at most so many. */
function ofOneTransaction(keys: readonly PendingKey[], most: number): void {
  if (keys.length > most) throw new RangeError(`${keys.length} rows in one transaction`);
  if (new Set(keys.map(({ groupId }) => partitionOf(groupId))).size > 1) throw new RangeError('rows of two partitions');
  if (new Set(keys.map(pendingKeyOf)).size < keys.length) throw new RangeError('a row twice in one transaction');
}
