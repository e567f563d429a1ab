import { partitionOf } from '../storage/keys.ts';
import type { RecordPlace } from '../storage/ports/dead_letters.ts';
import type { ContributionRow, HourlyCounts, Partition, Refusal } from '../storage/ports/hourly_counts.ts';

/** A row that the service refused, and the place of its report. */
export interface LocatedRefusal extends Refusal {
  readonly place: RecordPlace;
}

/** A row, and the place of its report, or of the first of its raw events. */
export interface LocatedRow {
  readonly row: ContributionRow;
  readonly place: RecordPlace;
}

/** Rows per transaction: the limit of Table Storage. */
const BATCH_ROWS = 100;
/** Parallel transactions: at 20 ms each they reach the row rate of an account. */
const IN_FLIGHT = 4;

/**
 * Writes contributions to HourlyCounts in batches: sends the batch of a partition as soon as it is full. Memory is bounded
 * by sixteen batches and those in flight. After an error it sends nothing more, and `add` or `finish` throws the error.
 */
export class BatchWriter {
  readonly #counts: HourlyCounts;
  readonly #onRefused: (refusal: LocatedRefusal) => Promise<void>;
  /** By partition, then by key: a transaction takes a row once. */
  readonly #waiting = new Map<Partition, Map<string, LocatedRow>>();
  readonly #inFlight = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | null = null;
  /** Rows sent to the store, without repeats within a batch. */
  rows = 0;

  constructor(counts: HourlyCounts, onRefused: (refusal: LocatedRefusal) => Promise<void>) {
    this.#counts = counts;
    this.#onRefused = onRefused;
  }

  /** Adds a row; waits while too many batches are in flight. */
  async add(row: ContributionRow, place: RecordPlace): Promise<void> {
    const partition = partitionOf(row.groupId);
    let batch = this.#waiting.get(partition);
    if (!batch) {
      batch = new Map();
      this.#waiting.set(partition, batch);
    }
    batch.set(`${row.groupId}|${row.Timestamp}|${row.contribution}`, { row, place });
    if (batch.size === BATCH_ROWS) await this.#flush(partition);
  }

  /** Sends the remaining rows and waits for all batches. */
  async finish(): Promise<void> {
    for (const partition of this.#waiting.keys()) await this.#flush(partition);
    await this.settle();
    this.#throwFailure();
  }

  /** Waits until no batch is in flight, failed or not. Call it before the lease is released. */
  async settle(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  async #flush(partition: Partition): Promise<void> {
    const batch = this.#waiting.get(partition);
    if (!batch || batch.size === 0) return;
    this.#waiting.set(partition, new Map());
    while (this.#inFlight.size >= IN_FLIGHT) await Promise.race(this.#inFlight);
    this.#throwFailure();
    const sending = this.#send(partition, [...batch.values()]).catch((error: unknown) => {
      this.#failure ??= { error };
    });
    this.#inFlight.add(sending);
    void sending.then(() => this.#inFlight.delete(sending));
  }

  async #send(partition: Partition, batch: readonly LocatedRow[]): Promise<void> {
    this.rows += batch.length;
    const refusals = await this.#counts.merge(
      partition,
      batch.map(({ row }) => row),
    );
    for (const refusal of refusals) {
      const place = batch.find(({ row }) => row === refusal.row)?.place;
      if (!place) throw new Error('the store refused a row that was not in the batch');
      await this.#onRefused({ ...refusal, place });
    }
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
