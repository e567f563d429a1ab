import { setTimeout } from 'node:timers/promises';
import type { TableClient, TableEntity, TableEntityResult, TransactionAction } from '@azure/data-tables';
import { backoffMs } from '../backoff.ts';
import type { RetrySettings, StorageClients } from './clients.ts';
import { isAnswer, isWithinTransaction, statusOf } from './rest_errors.ts';
import { about } from './store_error.ts';

export type TableRow = TableEntityResult<Record<string, unknown>>;
export type NewTableRow = TableEntity<Record<string, unknown>>;

export interface TableQuery {
  readonly filter?: string;
  readonly select?: readonly string[];
}

export const MAX_TRANSACTION_ROWS = 100;
const MAX_PAGE_ROWS = 1000;
const ANY_VERSION = '*';

/**
 * One table, which comes to be with the first write: reading one that is not there yet finds nothing. Errors name the
 * table and what was asked of it.
 */
export class Table {
  readonly name: string;
  readonly #client: TableClient;
  readonly #retry: RetrySettings;

  constructor(clients: StorageClients, name: string) {
    this.name = name;
    this.#client = clients.table(name);
    this.#retry = clients.retry;
  }

  /** One row; null where there is none. */
  async get(partitionKey: string, rowKey: string): Promise<TableRow | null> {
    return this.#about(`get in partition ${partitionKey}`, () =>
      orNull([404], () => this.#client.getEntity<Record<string, unknown>>(partitionKey, rowKey)),
    );
  }

  /** The rows that a query finds, in key order, by pages of at most 1,000; none of them is empty. */
  async *pages(subject: string, { filter, select }: TableQuery): AsyncGenerator<readonly TableRow[]> {
    const queryOptions = { ...(filter !== undefined && { filter }), ...(select && { select: [...select] }) };
    const pages = this.#client
      .listEntities<Record<string, unknown>>({ queryOptions })
      .byPage({ maxPageSize: MAX_PAGE_ROWS });
    for (;;) {
      const { done, value } = await this.#about(subject, () => nextOf(pages));
      if (done) return;
      // The service may end a page early, before the first row it found, and go on in the next one:
      // https://learn.microsoft.com/rest/api/storageservices/query-timeout-and-pagination
      if (value.length > 0) yield value;
    }
  }

  /** Writes a row that must not exist yet. Its version; null where it exists. */
  async insert(row: NewTableRow): Promise<string | null> {
    return this.#about(`insert in partition ${row.partitionKey}`, async () => {
      try {
        return versionOf(await this.creating(() => this.#client.createEntity(row)));
      } catch (error) {
        // Not by the status alone: a table that is being deleted answers 409 too.
        if (isAnswer(error, 409, 'EntityAlreadyExists')) return null;
        throw error;
      }
    });
  }

  /** Writes a row whatever there is in its place. */
  async put(row: NewTableRow): Promise<void> {
    await this.#about(`put in partition ${row.partitionKey}`, () =>
      this.creating(() => this.#client.upsertEntity(row, 'Replace')),
    );
  }

  /** Changes a row if it still has that version. The new version; null where it has another, or is gone. */
  async update(row: NewTableRow, mode: 'Merge' | 'Replace', version: string): Promise<string | null> {
    return this.#about(`update in partition ${row.partitionKey}`, async () => {
      const answer = await orNull([404, 412], () => this.#client.updateEntity(row, mode, { etag: version }));
      return answer && versionOf(answer);
    });
  }

  /** Changes some columns of a row whatever its version; nothing where there is none. */
  async merge(row: NewTableRow): Promise<void> {
    await this.update(row, 'Merge', ANY_VERSION);
  }

  /** Removes a row, where a version is named only that; false where there is none. */
  async delete(partitionKey: string, rowKey: string, version = ANY_VERSION): Promise<boolean> {
    const answer = await this.#about(`delete in partition ${partitionKey}`, () =>
      orNull([404, 412], () => this.#client.deleteEntity(partitionKey, rowKey, { etag: version })),
    );
    return answer !== null;
  }

  /** Removes rows of one partition, by transactions; those that are gone already do not matter. */
  async deleteAll(partitionKey: string, rowKeys: Iterable<string>): Promise<void> {
    const keys = [...new Set(rowKeys)];
    for (let start = 0; start < keys.length; start += MAX_TRANSACTION_ROWS) {
      const some = keys.slice(start, start + MAX_TRANSACTION_ROWS);
      const gone = await this.#about(`delete in partition ${partitionKey}`, () =>
        orNull([404], () => this.transact(some.map((rowKey) => ['delete', { partitionKey, rowKey }]))),
      );
      // One that is gone makes the whole fail: then each by itself.
      if (gone === null) for (const rowKey of some) await this.delete(partitionKey, rowKey);
    }
  }

  /**
   * All or nothing; repeated while the service is busy, as the SDK repeats single requests. Throws what the SDK throws.
   */
  async transact(actions: readonly TransactionAction[]): Promise<true> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#client.submitTransaction([...actions]);
        return true;
      } catch (error) {
        if (!isBusy(error) || tries > this.#retry.retries) throw error;
        await setTimeout(pauseMs(this.#retry, tries));
      }
    }
  }

  /** Runs a write; where the table is missing, makes it and runs the write again. */
  async creating<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (!isAnswer(error, 404, 'TableNotFound')) throw error;
      // Another one may make it at the same time: the SDK takes 409 TableAlreadyExists for an answer.
      await this.#client.createTable();
      return write();
    }
  }

  #about<T>(subject: string, call: () => Promise<T>): Promise<T> {
    return about(`${this.name}: ${subject}`, call);
  }
}

async function nextOf(pages: AsyncIterator<TableRow[]>): Promise<IteratorResult<TableRow[], undefined>> {
  const page = await orNull([404], () => pages.next());
  return page === null || page.done ? { done: true, value: undefined } : page;
}

async function orNull<T>(statuses: readonly number[], call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    const status = statusOf(error);
    if (status !== undefined && statuses.includes(status)) return null;
    throw error;
  }
}

function isBusy(error: unknown): boolean {
  return isWithinTransaction(error) && [429, 500, 503].includes(statusOf(error) ?? 0);
}

/** Somewhere in the upper half of the exponential pause, so that those who failed together do not come back together. */
function pauseMs({ delayMs, maxDelayMs }: RetrySettings, tries: number): number {
  return backoffMs({ firstMs: delayMs, longestMs: maxDelayMs }, tries, Math.random());
}

/** The ETag. */
function versionOf(answer: { readonly etag?: string }): string {
  if (answer.etag === undefined) throw new Error('the service answered a write without an ETag');
  return answer.etag;
}
