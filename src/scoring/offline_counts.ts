import { getHeapStatistics } from 'node:v8';
import type { Partition } from '../storage/ports/hourly_counts.ts';
import { GroupedCounts } from './grouped_counts.ts';
import type { OfflineRow } from './offline_row.ts';
import { type HandedRuns, SortedRuns } from './sorted_runs.ts';

/** Measured: 1 KB for a group with its names, 0.1 KB for a row, 0.4 KB for facts that one row alone has. */
const GROUP_BYTES = 1000;
const ROW_BYTES = 100;
const MARK_BYTES = 400;
const MOST_BYTES = 512 * 1024 * 1024;
/** Fewer bytes stay in memory, whatever heap V8 allows: a run of few rows need not ask for it. */
const LEAST_BYTES = 16 * 1024 * 1024;

/** The bytes that rows may take in memory: a quarter of the heap that V8 allows, at least 16 and at most 512 MiB. */
export function rowsLimit(): number {
  return Math.max(LEAST_BYTES, Math.min(MOST_BYTES, getHeapStatistics().heap_size_limit / 4));
}

/** The rows of `score`: in memory up to a limit, then in sorted runs on disk. */
export class OfflineCounts {
  #limit: number | null;
  readonly #runs: SortedRuns;
  #memory = new GroupedCounts();
  #rows = 0;
  /** The part of the input that is being read. */
  #part = 0;

  /** `limit`: bytes in memory, by default `rowsLimit()`. `runBytes`: the bytes of sorted runs that stay in memory as well. */
  constructor(limit: number | null = null, folder?: string, runBytes = 0) {
    this.#limit = limit;
    this.#runs = new SortedRuns(folder, runBytes);
  }

  put(row: OfflineRow): void {
    this.#memory.put(row);
    this.#rows++;
  }

  /** Moves the rows to disk if they take more than the limit; call it after each batch. Throws a SpillError. */
  async spillIfLarge(): Promise<void> {
    const { groups, marks } = this.#memory;
    const bytes = groups * GROUP_BYTES + this.#rows * ROW_BYTES + marks * MARK_BYTES;
    if (this.#limit === null && bytes <= LEAST_BYTES) return;
    this.#limit ??= rowsLimit();
    if (bytes > this.#limit) await this.#spill();
  }

  /** The rows of a partition in key order. Throws a SpillError. */
  async *scan(partition: Partition): AsyncGenerator<readonly OfflineRow[]> {
    if (this.#runs.count > 0 && this.#rows > 0) await this.#spill();
    yield* this.#runs.count === 0 ? this.#memory.scan(partition) : this.#runs.scan(partition);
  }

  /** The rows that follow are of another part of the input. Throws a SpillError. */
  async startPart(part: number): Promise<void> {
    if (this.#rows > 0) await this.#spill();
    this.#part = part;
  }

  /** All rows, for another thread. This object is of no more use. Throws a SpillError. */
  async handOver(): Promise<HandedRuns> {
    if (this.#rows > 0) await this.#spill();
    return this.#runs.handOver();
  }

  /** Adds rows that another thread has handed over. Of rows with one key that of the last part counts. */
  take(handed: HandedRuns): void {
    this.#runs.take(handed);
  }

  close(): void {
    this.#runs.close();
  }

  async #spill(): Promise<void> {
    const full = this.#memory;
    await this.#runs.add((partition) => full.scan(partition), this.#part);
    this.#memory = new GroupedCounts();
    this.#rows = 0;
  }
}
