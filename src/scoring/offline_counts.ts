import { getHeapStatistics } from 'node:v8';
import type { Partition } from '../storage/ports/hourly_counts.ts';
import { GroupedCounts } from './grouped_counts.ts';
import type { OfflineRow } from './offline_row.ts';
import { SortedRuns } from './sorted_runs.ts';

/** Measured: 1 KB for a group with its names, 0.1 KB for a row. */
const GROUP_BYTES = 1000;
const ROW_BYTES = 100;
const MOST_BYTES = 512 * 1024 * 1024;
/** Fewer bytes stay in memory, whatever heap V8 allows: a run of few rows need not ask for it. */
const LEAST_BYTES = 16 * 1024 * 1024;

/** The rows of `score`: in memory up to a limit, then in sorted runs on disk. */
export class OfflineCounts {
  #limit: number | null;
  readonly #runs: SortedRuns;
  #memory = new GroupedCounts();
  #rows = 0;

  /** `limit`: bytes in memory. By default a quarter of the heap that V8 allows, at least 16 and at most 512 MiB. */
  constructor(limit: number | null = null, folder?: string) {
    this.#limit = limit;
    this.#runs = new SortedRuns(folder);
  }

  put(row: OfflineRow): void {
    this.#memory.put(row);
    this.#rows++;
  }

  /** Moves the rows to disk if they take more than the limit; call it after each batch. Throws a SpillError. */
  async spillIfLarge(): Promise<void> {
    const bytes = this.#memory.groups * GROUP_BYTES + this.#rows * ROW_BYTES;
    if (this.#limit === null && bytes <= LEAST_BYTES) return;
    this.#limit ??= Math.max(LEAST_BYTES, Math.min(MOST_BYTES, getHeapStatistics().heap_size_limit / 4));
    if (bytes > this.#limit) await this.#spill();
  }

  /** The rows of a partition in key order. Throws a SpillError. */
  async *scan(partition: Partition): AsyncGenerator<readonly OfflineRow[]> {
    if (this.#runs.count > 0 && this.#rows > 0) await this.#spill();
    yield* this.#runs.count === 0 ? this.#memory.scan(partition) : this.#runs.scan(partition);
  }

  close(): void {
    this.#runs.close();
  }

  async #spill(): Promise<void> {
    const full = this.#memory;
    await this.#runs.add((partition) => full.scan(partition));
    this.#memory = new GroupedCounts();
    this.#rows = 0;
  }
}
