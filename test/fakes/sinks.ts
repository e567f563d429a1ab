import type { SinkState, SinkStates } from '../../src/storage/ports/sink_states.ts';
import type { Versioned } from '../../src/storage/ports/versioned.ts';
import { VersionedRows } from './versioned_rows.ts';

export class MemorySinkStates implements SinkStates {
  readonly #rows = new VersionedRows<SinkState>();

  async get(name: string): Promise<Versioned<SinkState> | null> {
    return this.#rows.get(name);
  }

  async list(): Promise<readonly Versioned<SinkState>[]> {
    return this.#rows.entries().map(([, found]) => found);
  }

  async insert(state: SinkState): Promise<string | null> {
    return this.#rows.insert(state.name, state);
  }

  async replace(state: SinkState, version: string): Promise<string | null> {
    return this.#rows.update(state.name, version, () => state);
  }
}
