import type { ExportState, ExportStates } from '../../src/storage/ports/export_states.ts';
import type { ExportRef } from '../../src/storage/ports/exports.ts';
import type { Versioned } from '../../src/storage/ports/versioned.ts';
import { throughJson, VersionedRows } from './versioned_rows.ts';

export class MemoryExportStates implements ExportStates {
  readonly #rows = new VersionedRows<ExportState>();

  async get(ref: ExportRef): Promise<Versioned<ExportState> | null> {
    return this.#rows.get(keyOf(ref));
  }

  async *list(container: string): AsyncGenerator<Versioned<ExportState>> {
    for (const [, found] of this.#rows.entries()) if (found.row.container === container) yield found;
  }

  async insert(state: ExportState): Promise<string | null> {
    return this.#rows.insert(keyOf(state), throughJson(state));
  }

  async replace(state: ExportState, version: string): Promise<string | null> {
    return this.#rows.update(keyOf(state), version, () => throughJson(state));
  }

  async remove(ref: ExportRef): Promise<void> {
    this.#rows.delete(keyOf(ref));
  }
}

function keyOf({ container, name }: ExportRef): string {
  return JSON.stringify([container, name]);
}
