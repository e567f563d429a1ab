import { partitionOf } from '../storage/keys.ts';
import type { RecordPlace } from '../storage/ports/dead_letters.ts';
import type { ContributionRow, HourlyCounts, Partition, Refusal } from '../storage/ports/hourly_counts.ts';

/** A row that the service refused, and where what it counts stands. */
export interface PlacedRefusal extends Refusal {
  readonly place: RecordPlace;
}

/** A row, and where what it counts stands: its report, or the first of its events. */
export interface PlacedRow {
  readonly row: ContributionRow;
  readonly place: RecordPlace;
}

/** Rows of one transaction: what Table Storage takes at most. */
const BATCH_ROWS = 100;
/** Transactions on their way at once: at 20 ms each, as many rows a second as an account takes. */
const IN_FLIGHT = 4;

/**
 * Sends contributions to HourlyCounts, a partition's hundred as soon as it is full: memory is sixteen hundreds and what
 * is on its way, whatever the segment holds. After an error nothing more is sent, and `add` or `finish` throws it.
 */
export class BatchWriter {
  readonly #counts: HourlyCounts;
  readonly #onRefused: (refusal: PlacedRefusal) => Promise<void>;
  /** By partition, then by key: a transaction takes a row once. */
  readonly #waiting = new Map<Partition, Map<string, PlacedRow>>();
  readonly #inFlight = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | null = null;
  /** Rows given to the store, repeats within a hundred not counted. */
  rows = 0;

  constructor(counts: HourlyCounts, onRefused: (refusal: PlacedRefusal) => Promise<void>) {
    this.#counts = counts;
    this.#onRefused = onRefused;
  }

  /** Takes a row; waits where too many are on their way. */
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

  /** Sends what is left and waits for everything. */
  async finish(): Promise<void> {
    for (const partition of this.#waiting.keys()) await this.#flush(partition);
    await this.settle();
    this.#throwFailure();
  }

  /** Waits until nothing is on its way any more, failed or not: before the claim is left to others. */
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

  async #send(partition: Partition, batch: readonly PlacedRow[]): Promise<void> {
    this.rows += batch.length;
    const refusals = await this.#counts.merge(
      partition,
      batch.map(({ row }) => row),
    );
    for (const refusal of refusals) {
      const place = batch.find(({ row }) => row === refusal.row)?.place;
      if (!place) throw new Error('the store refused a row that it was not given');
      await this.#onRefused({ ...refusal, place });
    }
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
