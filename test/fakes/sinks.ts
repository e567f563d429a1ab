import type { SinkState, SinkStates } from '../../src/ports.ts';
import { VersionedRows } from './versioned_rows.ts';

export class MemorySinkStates implements SinkStates {
  readonly #rows = new VersionedRows<SinkState>();

  async get(name: string): Promise<SinkState | null> {
    return this.#rows.get(name)?.row ?? null;
  }

  async ensure(state: SinkState): Promise<SinkState> {
    this.#rows.insert(state.name, state);
    return this.#rows.get(state.name)?.row ?? state;
  }

  async put(state: SinkState): Promise<void> {
    this.#rows.put(state.name, state);
  }
}
