import { type BaselineState, joinedBaseline, NO_BASELINE_YET } from '../../src/core/detections/baseline.ts';
import type { Timestamp } from '../../src/core/kql/timestamp.ts';
import type { Day } from '../../src/core/records/day.ts';
import { type Boundary, MAX_BOUNDARIES, type Run, type Runs } from '../../src/storage/ports/runs.ts';
import { VersionedRows } from './versioned_rows.ts';

export class MemoryRuns implements Runs {
  readonly #rows = new VersionedRows<Run>();
  #lastExpiry: Timestamp | null = null;
  #boundaries: readonly Boundary[] = [];
  #sealed: readonly Day[] = [];
  #baseline: BaselineState = NO_BASELINE_YET;

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

  async noteSealed(day: Day): Promise<void> {
    this.#sealed = [...new Set([...this.#sealed, day])].sort();
  }

  async sealedDays(): Promise<readonly Day[]> {
    return this.#sealed;
  }

  async forgetSealed(before: Day): Promise<void> {
    this.#sealed = this.#sealed.filter((day) => day >= before);
  }

  async baseline(): Promise<BaselineState> {
    return this.#baseline;
  }

  async noteBaseline(next: BaselineState): Promise<void> {
    this.#baseline = joinedBaseline(this.#baseline, next);
  }

  async expire(before: Timestamp): Promise<void> {
    for (const [key, { row }] of this.#rows.entries()) if (row.asOf < before) this.#rows.delete(key);
  }
}
