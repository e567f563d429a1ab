import type { Hour } from '../core/kql/bin.ts';
import { type Day, dayOf } from '../core/records/day.ts';
import { partitionOf } from '../storage/keys.ts';
import type { RecordPlace } from '../storage/ports/dead_letters.ts';
import type { ContributionRow, HourlyCounts, Partition, Refusal, Touched } from '../storage/ports/hourly_counts.ts';
import { MAX_MERGED } from '../storage/touched.ts';
import { TouchedEntries } from './touched_entries.ts';

/** A row that the service refused, and the place of its report. */
export interface LocatedRefusal extends Refusal {
  readonly place: RecordPlace;
}

/** A row, and the place of its report, or of the first of its raw events. */
export interface LocatedRow {
  readonly row: ContributionRow;
  readonly place: RecordPlace;
}

/** Parallel transactions: at 20 ms each they reach the row rate of an account. */
const IN_FLIGHT = 4;

export interface BatchOptions {
  readonly segmentId: string;
  /** Hours from this one on are announced as a whole. */
  readonly recentFrom: Hour;
  /** Whether a day still takes rows, as of now. */
  readonly isOpen: (day: Day) => Promise<boolean>;
}

/** Receives the rows that are not stored. */
export interface NotStored {
  refused(refusal: LocatedRefusal): Promise<void>;
  /** The day of these rows is closed. */
  closed(rows: readonly LocatedRow[]): void;
}

/** The rows and entries of one transaction, by key: a transaction takes each once. */
interface Batch {
  readonly partition: Partition;
  readonly day: Day;
  readonly rows: Map<string, LocatedRow>;
  readonly touched: Map<string, Touched>;
}

/**
 * Writes contributions to HourlyCounts in batches, with the entries that announce them: sends the batch of a partition and
 * day as soon as it is full. Memory is bounded by sixteen batches per day of the retention, and those in flight. After an
 * error it sends nothing more, and `add` or `finish` throws the error.
 */
export class BatchWriter {
  readonly #counts: HourlyCounts;
  readonly #notStored: NotStored;
  readonly #entries: TouchedEntries;
  readonly #isOpen: BatchOptions['isOpen'];
  readonly #waiting = new Map<string, Batch>();
  readonly #inFlight = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | null = null;
  /** Rows sent to the store, without repeats within a batch. */
  rows = 0;

  constructor(counts: HourlyCounts, { segmentId, recentFrom, isOpen }: BatchOptions, notStored: NotStored) {
    this.#counts = counts;
    this.#notStored = notStored;
    this.#isOpen = isOpen;
    this.#entries = new TouchedEntries(segmentId, recentFrom);
  }

  /** Adds a row; waits while too many batches are in flight. */
  async add(row: ContributionRow, place: RecordPlace): Promise<void> {
    const entry = this.#entries.of(row);
    const name = `${entry.hour}|${entry.groupId ?? ''}`;
    const key = `${row.groupId}|${row.Timestamp}|${row.contribution}`;
    let batch = this.#batchOf(row);
    const more = (batch.rows.has(key) ? 0 : 1) + (batch.touched.has(name) ? 0 : 1);
    if (sizeOf(batch) + more > MAX_MERGED) {
      await this.#flush(batch);
      batch = this.#batchOf(row);
    }
    batch.rows.set(key, { row, place });
    batch.touched.set(name, entry);
    if (sizeOf(batch) === MAX_MERGED) await this.#flush(batch);
  }

  /** Sends the remaining rows and waits for all batches. */
  async finish(): Promise<void> {
    for (const batch of [...this.#waiting.values()]) await this.#flush(batch);
    await this.settle();
    this.#throwFailure();
  }

  /** Waits until no batch is in flight, failed or not. Call it before the lease is released. */
  async settle(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  #batchOf({ groupId, Timestamp }: ContributionRow): Batch {
    const partition = partitionOf(groupId);
    const day = dayOf(Timestamp);
    const key = partition + day;
    let batch = this.#waiting.get(key);
    if (!batch) {
      batch = { partition, day, rows: new Map(), touched: new Map() };
      this.#waiting.set(key, batch);
    }
    return batch;
  }

  async #flush(batch: Batch): Promise<void> {
    this.#waiting.delete(batch.partition + batch.day);
    while (this.#inFlight.size >= IN_FLIGHT) await Promise.race(this.#inFlight);
    this.#throwFailure();
    const sending = this.#send(batch).catch((error: unknown) => {
      this.#failure ??= { error };
    });
    this.#inFlight.add(sending);
    void sending.then(() => this.#inFlight.delete(sending));
  }

  async #send({ partition, day, rows, touched }: Batch): Promise<void> {
    const located = [...rows.values()];
    const written = located.map(({ row }) => row);
    this.rows += located.length;
    const refusals = await this.#merge(partition, day, written, [...touched.values()]);
    if (refusals === 'closed') {
      this.#notStored.closed(located);
      return;
    }
    for (const refusal of refusals) {
      const place = located.find(({ row }) => row === refusal.row)?.place;
      if (!place) throw new Error('the store refused a row that was not in the batch');
      await this.#notStored.refused({ ...refusal, place });
    }
  }

  /** A table that is missing is created only if its day is open at that moment: it may have been removed meanwhile. */
  async #merge(partition: Partition, day: Day, rows: readonly ContributionRow[], touched: readonly Touched[]) {
    const found = await this.#counts.merge(partition, day, rows, touched, { mayCreate: false });
    if (found !== 'closed' || !(await this.#isOpen(day))) return found;
    return await this.#counts.merge(partition, day, rows, touched, { mayCreate: true });
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}

function sizeOf({ rows, touched }: Batch): number {
  return rows.size + touched.size;
}
