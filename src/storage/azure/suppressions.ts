import { odata } from '@azure/data-tables';
import type { Suppression } from '../../core/detections/suppression.ts';
import type { Partition } from '../ports/hourly_counts.ts';
import type { SuppressedCount, SuppressionRow, Suppressions } from '../ports/suppressions.ts';
import type { StorageClients } from './clients.ts';
import { goodRows } from './columns.ts';
import { TABLES } from './names.ts';
import {
  decodeSuppression,
  encodeSuppressedCount,
  encodeSuppression,
  isSuppressionId,
  SUPPRESSIONS_PARTITION,
} from './suppressions_codec.ts';
import { Table } from './table.ts';

/** The `Suppressions` table: one partition. People write entries; the scorer of each partition writes a column of its own. */
export class AzureSuppressions implements Suppressions {
  readonly #table: Table;

  constructor(clients: StorageClients) {
    this.#table = new Table(clients, TABLES.suppressions);
  }

  async *list(): AsyncGenerator<readonly SuppressionRow[]> {
    const filter = odata`PartitionKey eq ${SUPPRESSIONS_PARTITION}`;
    for await (const page of this.#table.pages('list', { filter })) {
      yield goodRows(page, decodeSuppression);
    }
  }

  async insert(suppression: Suppression): Promise<boolean> {
    return (await this.#table.insert(encodeSuppression(suppression))) !== null;
  }

  async count(id: string, partition: Partition, suppressed: SuppressedCount): Promise<void> {
    // Under any version: only this scorer writes the column. A merge does not create a removed row again.
    await this.#table.merge(encodeSuppressedCount(id, partition, suppressed));
  }

  async remove(id: string): Promise<boolean> {
    return isSuppressionId(id) && (await this.#table.delete(SUPPRESSIONS_PARTITION, id));
  }
}
