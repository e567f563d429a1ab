import { odata } from '@azure/data-tables';
import type { Delivery, Detection, DetectionState } from '../core/detection.ts';
import type { DetectionRow, Detections, Partition, Versioned } from '../ports.ts';
import type { StorageClients } from './clients.ts';
import { decodeDetection, encodeDelivery, encodeDetection, isDetectionId } from './detections_codec.ts';
import { TABLES } from './names.ts';
import { Table } from './table.ts';

/** The `Detections` table. Writers merge only their own columns, each under the version that it read. */
export class AzureDetections implements Detections {
  readonly #table: Table;

  constructor(clients: StorageClients) {
    this.#table = new Table(clients, TABLES.detections);
  }

  async get(id: string): Promise<Versioned<DetectionRow> | null> {
    const row = isDetectionId(id) ? await this.#table.get(id.slice(0, 1), id) : null;
    return row && { row: decodeDetection(row), version: row.etag };
  }

  async *scan(partition: Partition): AsyncGenerator<readonly Versioned<DetectionRow>[]> {
    const filter = odata`PartitionKey eq ${partition}`;
    for await (const page of this.#table.pages(`scan of partition ${partition}`, { filter })) {
      yield page.map((row) => ({ row: decodeDetection(row), version: row.etag }));
    }
  }

  async *list(filter: { state?: DetectionState; device?: string }): AsyncGenerator<readonly DetectionRow[]> {
    const conditions = [
      ...(filter.state === undefined ? [] : [odata`State eq ${filter.state}`]),
      ...(filter.device === undefined ? [] : [odata`DeviceName eq ${filter.device}`]),
    ];
    const query = conditions.length === 0 ? {} : { filter: conditions.join(' and ') };
    for await (const page of this.#table.pages('list', query)) yield page.map(decodeDetection);
  }

  async insert(detection: Detection): Promise<string | null> {
    return this.#table.insert(encodeDetection(detection));
  }

  async update(detection: Detection, version: string): Promise<string | null> {
    return this.#table.update(encodeDetection(detection), 'Merge', version);
  }

  async mark(id: string, sink: string, delivery: Delivery, version: string): Promise<string | null> {
    return this.#table.update(encodeDelivery(id, sink, delivery), 'Merge', version);
  }

  async remove(partition: Partition, ids: readonly string[]): Promise<void> {
    await this.#table.deleteAll(partition, ids);
  }
}
