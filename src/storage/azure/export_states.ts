import { odata } from '@azure/data-tables';
import type { ExportState, ExportStates } from '../ports/export_states.ts';
import type { ExportRef } from '../ports/exports.ts';
import type { Versioned } from '../ports/versioned.ts';
import type { StorageClients } from './clients.ts';
import { goodRows } from './columns.ts';
import { decodeExportState, encodeExportState, exportRowKeyOf } from './export_states_codec.ts';
import { TABLES } from './names.ts';
import { Table, type TableRow } from './table.ts';

/** The `Exports` table. */
export class AzureExportStates implements ExportStates {
  readonly #table: Table;

  constructor(clients: StorageClients) {
    this.#table = new Table(clients, TABLES.exports);
  }

  async get(ref: ExportRef): Promise<Versioned<ExportState> | null> {
    const row = await this.#table.get(ref.container, exportRowKeyOf(ref));
    return row && decode(row);
  }

  async *list(container: string): AsyncGenerator<Versioned<ExportState>> {
    const filter = odata`PartitionKey eq ${container}`;
    for await (const page of this.#table.pages(`list of ${container}`, { filter })) {
      yield* goodRows(page, decode);
    }
  }

  async insert(state: ExportState): Promise<string | null> {
    return this.#table.insert(encodeExportState(state));
  }

  async replace(state: ExportState, version: string): Promise<string | null> {
    return this.#table.update(encodeExportState(state), 'Replace', version);
  }

  async remove(ref: ExportRef): Promise<void> {
    await this.#table.delete(ref.container, exportRowKeyOf(ref));
  }
}

function decode(row: TableRow): Versioned<ExportState> {
  return { row: decodeExportState(row), version: row.etag };
}
