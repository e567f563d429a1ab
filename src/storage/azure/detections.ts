import { odata } from '@azure/data-tables';
import { DETECTION_ID, type Detection, type SinkDelivery } from '../../core/detections/detection.ts';
import type { Verdict } from '../../core/detections/verdict.ts';
import type { DetectionRow, DetectionRowFilter, Detections, SummaryRow } from '../ports/detections.ts';
import type { Partition } from '../ports/hourly_counts.ts';
import type { Versioned } from '../ports/versioned.ts';
import type { StorageClients } from './clients.ts';
import {
  decodeDetection,
  decodeSummary,
  deliveryColumn,
  encodeDelivery,
  encodeDetection,
  encodeVerdict,
  SUMMARY_COLUMNS,
} from './detections_codec.ts';
import { TABLES } from './names.ts';
import { Table } from './table.ts';

/** The `Detections` table. Each writer merges only its own columns, under the version that it read. */
export class AzureDetections implements Detections {
  readonly #table: Table;

  constructor(clients: StorageClients) {
    this.#table = new Table(clients, TABLES.detections);
  }

  async get(id: string): Promise<Versioned<DetectionRow> | null> {
    const row = DETECTION_ID.test(id) ? await this.#table.get(id.slice(0, 1), id) : null;
    return row && { row: decodeDetection(row), version: row.etag };
  }

  async *scan(partition: Partition): AsyncGenerator<readonly Versioned<DetectionRow>[]> {
    const filter = odata`PartitionKey eq ${partition}`;
    for await (const page of this.#table.pages(`scan of partition ${partition}`, { filter })) {
      yield page.map((row) => ({ row: decodeDetection(row), version: row.etag }));
    }
  }

  async *summaries(filter: DetectionRowFilter, sinks: readonly string[]): AsyncGenerator<readonly SummaryRow[]> {
    const query = { ...queryOf(filter), select: [...SUMMARY_COLUMNS, ...sinks.map(deliveryColumn)] };
    for await (const page of this.#table.pages('list', query)) yield page.map(decodeSummary);
  }

  async insert(detection: Detection): Promise<string | null> {
    return this.#table.insert(encodeDetection(detection));
  }

  async update(detection: Detection, version: string): Promise<string | null> {
    return this.#table.update(encodeDetection(detection), 'Merge', version);
  }

  async mark(id: string, sink: string, delivery: SinkDelivery, version: string): Promise<string | null> {
    return this.#table.update(encodeDelivery(id, sink, delivery), 'Merge', version);
  }

  async recordVerdict(id: string, verdict: Verdict, version: string): Promise<string | null> {
    return this.#table.update(encodeVerdict(id, verdict), 'Merge', version);
  }

  async remove(rows: readonly { readonly id: string; readonly version: string }[]): Promise<void> {
    for (let start = 0; start < rows.length; start += PARALLEL_DELETES) {
      const some = rows.slice(start, start + PARALLEL_DELETES);
      await Promise.all(some.map(({ id, version }) => this.#table.delete(id.slice(0, 1), id, version)));
    }
  }
}

/** Parallel deletes. A transaction of the SDK ignores versions, so each row is a request. */
const PARALLEL_DELETES = 16;

function queryOf({ state, device }: DetectionRowFilter): { filter?: string } {
  const conditions = [
    ...(state === undefined ? [] : [odata`State eq ${state}`]),
    ...(device === undefined ? [] : [odata`DeviceName eq ${device}`]),
  ];
  return conditions.length === 0 ? {} : { filter: conditions.join(' and ') };
}
