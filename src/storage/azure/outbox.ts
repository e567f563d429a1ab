import { pendingKeys } from '../pending_id.ts';
import type { Partition } from '../ports/hourly_counts.ts';
import type { Outbox, PendingKey, PendingNotification, SettledNotification } from '../ports/outbox.ts';
import type { Versioned } from '../ports/versioned.ts';
import type { StorageClients } from './clients.ts';
import { goodRows } from './columns.ts';
import { encodeDelivery } from './detections_codec.ts';
import { TABLES } from './names.ts';
import { decodePending, encodePending, pendingKeysOf } from './outbox_codec.ts';
import { Table, type TableRow, within } from './table.ts';

/** Rows of the `Detections` table, behind the detections of each partition. */
export class AzureOutbox implements Outbox {
  readonly #table: Table;

  constructor(clients: StorageClients) {
    this.#table = new Table(clients, TABLES.detections);
  }

  async *list(partition: Partition, sink: string): AsyncGenerator<readonly Versioned<PendingNotification>[]> {
    const filter = within(partition, pendingKeys(sink));
    for await (const page of this.#table.pages(`outbox of partition ${partition}`, { filter })) {
      yield goodRows(page, decode);
    }
  }

  async get(key: PendingKey): Promise<Versioned<PendingNotification> | null> {
    const { partitionKey, rowKey } = pendingKeysOf(key);
    const row = await this.#table.get(partitionKey, rowKey);
    return row && decode(row);
  }

  async *ids(partition: Partition): AsyncGenerator<readonly string[]> {
    const query = { filter: within(partition, pendingKeys()), select: ['rowKey'] };
    for await (const page of this.#table.pages(`outbox of partition ${partition}`, query)) {
      yield page.map(({ rowKey }) => rowKey ?? '');
    }
  }

  async replace(rows: readonly Versioned<PendingNotification>[]): Promise<readonly string[] | null> {
    return this.#table.change(
      'outbox',
      rows.map(({ row, version: etag }) => ['update', encodePending(row), 'Replace', { etag }]),
    );
  }

  async settle(settled: readonly SettledNotification[]): Promise<boolean> {
    const written = await this.#table.change(
      'outbox',
      settled.flatMap(({ pending, delivery }) => [
        ['update', encodeDelivery(pending.groupId, pending.sink, delivery), 'Merge', { etag: '*' }],
        // Under any version: only somebody who is done with this revision removes it, and never puts another in its place.
        ['delete', pendingKeysOf(pending)],
      ]),
    );
    return written !== null;
  }

  async discard(key: PendingKey): Promise<void> {
    const { partitionKey, rowKey } = pendingKeysOf(key);
    await this.#table.delete(partitionKey, rowKey);
  }
}

function decode(row: TableRow): Versioned<PendingNotification> {
  return { row: decodePending(row), version: row.etag };
}
