import type { Timestamp } from '../../src/core/kql/timestamp.ts';
import type { Run, Runs } from '../../src/storage/ports/runs.ts';
import { VersionedRows } from './versioned_rows.ts';

export class MemoryRuns implements Runs {
  readonly #rows = new VersionedRows<Run>();
  #lastExpiry: Timestamp | null = null;

  async put(run: Run): Promise<void> {
    this.#rows.put(`${run.asOf}|${run.partition}`, run);
  }

  async *since(asOf: Timestamp): AsyncGenerator<Run> {
    for (const [, { row }] of this.#rows.entries()) if (row.asOf >= asOf) yield row;
  }

  async lastExpiry(): Promise<Timestamp | null> {
    return this.#lastExpiry;
  }

  async noteExpiry(asOf: Timestamp): Promise<void> {
    this.#lastExpiry = asOf;
  }

  async expire(before: Timestamp): Promise<void> {
    for (const [key, { row }] of this.#rows.entries()) if (row.asOf < before) this.#rows.delete(key);
  }
}
