import type { Timestamp } from '../../src/core/kql/timestamp.ts';
import { type Boundary, MAX_BOUNDARIES, type Run, type Runs } from '../../src/storage/ports/runs.ts';
import { VersionedRows } from './versioned_rows.ts';

export class MemoryRuns implements Runs {
  readonly #rows = new VersionedRows<Run>();
  #lastExpiry: Timestamp | null = null;
  #boundaries: readonly Boundary[] = [];

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

  async boundaries(): Promise<readonly Boundary[]> {
    return this.#boundaries;
  }

  async moveBoundary(next: Boundary): Promise<void> {
    const last = this.#boundaries.at(-1);
    if (last === undefined || next.firstOpen > last.firstOpen) {
      this.#boundaries = [...this.#boundaries, next].slice(-MAX_BOUNDARIES);
    }
  }

  async expire(before: Timestamp): Promise<void> {
    for (const [key, { row }] of this.#rows.entries()) if (row.asOf < before) this.#rows.delete(key);
  }
}
