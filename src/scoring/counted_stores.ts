import type { DetectionRow, Detections } from '../storage/ports/detections.ts';
import type { HourlyCounts } from '../storage/ports/hourly_counts.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { Versioned } from '../storage/ports/versioned.ts';

/** Rows that one transaction removes. */
const TRANSACTION_ROWS = 100;

/**
 * The same stores, with what a scoring run asks of them counted: a page is a request, so is a row that is read or written
 * by itself, a transaction, a message. What the clients do beside (tries again, the making of a table) is not in it.
 */
export class CountedStores {
  readonly stores: Stores;
  requests = 0;

  constructor(stores: Stores) {
    const hourlyCounts: HourlyCounts = {
      merge: (partition, rows) => this.#one(() => stores.hourlyCounts.merge(partition, rows)),
      scan: (partition) => this.#pages(stores.hourlyCounts.scan(partition)),
      read: (groupId, after, asOf) => this.#pages(stores.hourlyCounts.read(groupId, after, asOf)),
      remove: async (partition, rows) => {
        this.requests += Math.ceil(rows.length / TRANSACTION_ROWS);
        await stores.hourlyCounts.remove(partition, rows);
      },
    };
    const { detections: base } = stores;
    const detections: Detections = {
      get: (id) => this.#one(() => base.get(id)),
      scan: (partition) => this.#pages<Versioned<DetectionRow>>(base.scan(partition)),
      list: (filter) => this.#pages(base.list(filter)),
      summaries: (filter, sinks) => this.#pages(base.summaries(filter, sinks)),
      insert: (detection) => this.#one(() => base.insert(detection)),
      update: (detection, version) => this.#one(() => base.update(detection, version)),
      mark: (id, sink, delivery, version) => this.#one(() => base.mark(id, sink, delivery, version)),
      recordVerdict: (id, verdict, version) => this.#one(() => base.recordVerdict(id, verdict, version)),
      remove: async (rows) => {
        this.requests += rows.length;
        await base.remove(rows);
      },
    };
    const { queues, suppressions } = stores;
    this.stores = {
      ...stores,
      hourlyCounts,
      detections,
      suppressions: {
        get: (id) => this.#one(() => suppressions.get(id)),
        list: () => this.#pages(suppressions.list()),
        insert: (suppression) => this.#one(() => suppressions.insert(suppression)),
        count: (id, partition, hidden) => this.#one(() => suppressions.count(id, partition, hidden)),
        remove: (id) => this.#one(() => suppressions.remove(id)),
      },
      queues: {
        send: (queue, message, delayMs) => this.#one(() => queues.send(queue, message, delayMs)),
        waiting: (queue) => queues.waiting(queue),
        lengths: () => queues.lengths(),
        takePoison: () => queues.takePoison(),
      },
    };
  }

  #one<T>(call: () => Promise<T>): Promise<T> {
    this.requests++;
    return call();
  }

  /** An empty listing is a request, too. */
  async *#pages<T>(pages: AsyncIterable<readonly T[]>): AsyncGenerator<readonly T[]> {
    let met = 0;
    for await (const page of pages) {
      met++;
      this.requests++;
      yield page;
    }
    if (met === 0) this.requests++;
  }
}
