import { setTimeout } from 'node:timers/promises';
import {
  odata,
  type TableClient,
  type TableEntity,
  type TableEntityResult,
  type TableTransactionResponse,
  type TransactionAction,
} from '@azure/data-tables';
import { backoffMs } from '../backoff.ts';
import type { KeySpan } from '../pending_id.ts';
import type { RetrySettings, StorageClients } from './clients.ts';
import { underVersions } from './deletion_versions.ts';
import { RawPages } from './raw_pages.ts';
import { codeOf, isServiceError, isWithinTransaction, statusOf } from './rest_errors.ts';
import { withSubject } from './with_subject.ts';

export type TableRow = TableEntityResult<Record<string, unknown>>;
export type NewTableRow = TableEntity<Record<string, unknown>>;

export interface TableQuery {
  readonly filter?: string;
  readonly select?: readonly string[];
}

export interface TablePage {
  readonly rows: readonly TableRow[];
  /** The service's continuation, as the SDK writes it; '' on the last page. */
  readonly next: string;
}

interface VersionedKey {
  readonly rowKey: string;
  readonly version: string;
}

export const MAX_TRANSACTION_ROWS = 100;
const MAX_PAGE_ROWS = 1000;
const ANY_VERSION = '*';
const DELETES_AT_ONCE = 8;

/**
 * One table. The first write creates it; a read before that finds nothing. Errors name the table and the operation.
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

  /** One row; null where it does not exist. */
  async get(partitionKey: string, rowKey: string): Promise<TableRow | null> {
    return this.#about(`get in partition ${partitionKey}`, () =>
      orNull([404], () => this.#client.getEntity<Record<string, unknown>>(partitionKey, rowKey)),
    );
  }

  /** The rows of a query, in key order, in non-empty pages of at most 1,000. */
  async *pages(subject: string, { filter, select }: TableQuery): AsyncGenerator<readonly TableRow[]> {
    const queryOptions = { ...(filter !== undefined && { filter }), ...(select && { select: [...select] }) };
    const raw = new RawPages();
    const pages = this.#client
      .listEntities<Record<string, unknown>>({ queryOptions, ...raw.options })
      .byPage({ maxPageSize: MAX_PAGE_ROWS });
    for (;;) {
      const page = await this.#about(subject, () => nextOf(pages, raw));
      if (page === null) return;
      // The service may end a page early, even without rows, and continue in the next one:
      // https://learn.microsoft.com/rest/api/storageservices/query-timeout-and-pagination
      if (page.rows.length > 0) yield page.rows;
    }
  }

  /**
   * One request for at most `most` rows of a query, from a continuation of the service on; '' for the start. It may have no
   * row and still not be the last. Null where the service refuses the continuation.
   */
  async page(subject: string, { filter, select }: TableQuery, most: number, from: string): Promise<TablePage | null> {
    const queryOptions = { ...(filter !== undefined && { filter }), ...(select && { select: [...select] }) };
    const settings = { maxPageSize: most, ...(from !== '' && { continuationToken: from }) };
    const raw = new RawPages();
    const listing = this.#client.listEntities<Record<string, unknown>>({ queryOptions, ...raw.options });
    const pages = listing.byPage(settings);
    return this.#about(subject, async () => {
      try {
        return (await nextOf(pages, raw)) ?? { rows: [], next: '' };
      } catch (error) {
        if (from !== '' && statusOf(error) === 400) return null;
        throw error;
      }
    });
  }

  /** Writes a row that must not exist yet. Its version; null where it exists. */
  async insert(row: NewTableRow): Promise<string | null> {
    return this.#about(`insert in partition ${row.partitionKey}`, async () => {
      try {
        return versionOf(await this.creating(() => this.#client.createEntity(row)));
      } catch (error) {
        // The status is not sufficient: a table under deletion also answers 409.
        if (isServiceError(error, 409, 'EntityAlreadyExists')) return null;
        throw error;
      }
    });
  }

  /** Writes a row, and overwrites an existing one. */
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

  /** Changes some columns of a row under any version; writes nothing where the row does not exist. */
  async merge(row: NewTableRow): Promise<void> {
    await this.update(row, 'Merge', ANY_VERSION);
  }

  /** Removes a row, under a version if given; false where it does not exist or has another version. */
  async delete(partitionKey: string, rowKey: string, version = ANY_VERSION): Promise<boolean> {
    const answer = await this.#about(`delete in partition ${partitionKey}`, () =>
      orNull([404, 412], () => this.#client.deleteEntity(partitionKey, rowKey, { etag: version })),
    );
    return answer !== null;
  }

  /** Removes rows of one partition in transactions; ignores rows that do not exist. */
  async deleteAll(partitionKey: string, rowKeys: Iterable<string>): Promise<void> {
    const keys = [...new Set(rowKeys)];
    for (let start = 0; start < keys.length; start += MAX_TRANSACTION_ROWS) {
      const some = keys.slice(start, start + MAX_TRANSACTION_ROWS);
      const gone = await this.#about(`delete in partition ${partitionKey}`, () =>
        orNull([404], () => this.transact(some.map((rowKey) => ['delete', { partitionKey, rowKey }]))),
      );
      // A missing row makes the whole transaction fail: then delete each row alone.
      if (gone === null) for (const rowKey of some) await this.delete(partitionKey, rowKey);
    }
  }

  /** Removes rows of one partition in transactions, each only if it still has its version. */
  async deleteUnder(partitionKey: string, rows: readonly VersionedKey[]): Promise<void> {
    for (let start = 0; start < rows.length; start += MAX_TRANSACTION_ROWS) {
      const some = rows.slice(start, start + MAX_TRANSACTION_ROWS);
      // One row that another writer changed makes the whole transaction fail: then each is deleted alone.
      if (some.length > 1 && (await this.#deleteTogether(partitionKey, some))) continue;
      for (let first = 0; first < some.length; first += DELETES_AT_ONCE) {
        const few = some.slice(first, first + DELETES_AT_ONCE);
        await Promise.all(few.map(({ rowKey, version }) => this.delete(partitionKey, rowKey, version)));
      }
    }
  }

  /** False where a row has another version or is gone, and where there is no table. Then nothing is removed. */
  async #deleteTogether(partitionKey: string, rows: readonly VersionedKey[]): Promise<boolean> {
    const versions = rows.map(({ version }) => version);
    const actions = rows.map(({ rowKey }): TransactionAction => ['delete', { partitionKey, rowKey }]);
    const answer = await this.#about(`delete in partition ${partitionKey}`, () =>
      orNull([404, 412], () => underVersions(versions, () => this.transact(actions))),
    );
    return answer !== null;
  }

  /** Removes the table; ignores one that is missing, or is being deleted. */
  async drop(): Promise<void> {
    await this.#about('delete', async () => {
      try {
        // The SDK accepts 404.
        await this.#client.deleteTable();
      } catch (error) {
        if (!isServiceError(error, 409, 'TableBeingDeleted')) throw error;
      }
    });
  }

  /**
   * All or nothing, under the versions that the actions name. The new versions, in order, '' of a row that was removed;
   * null where another write was quicker: a row has another version, is gone, or is there already.
   */
  async change(subject: string, actions: readonly TransactionAction[]): Promise<readonly string[] | null> {
    const partition = actions[0]?.[1].partitionKey;
    if (partition === undefined) return [];
    return this.#about(`${subject} in partition ${partition}`, async () => {
      try {
        const answer = await this.creating(() => this.transact(actions));
        return actions.map((_, n) => answer.subResponses[n]?.etag ?? '');
      } catch (error) {
        if (isConflict(error)) return null;
        throw error;
      }
    });
  }

  /**
   * All or nothing; repeated while the service is busy, as the SDK repeats single requests. Throws what the SDK throws.
   */
  async transact(actions: readonly TransactionAction[]): Promise<TableTransactionResponse> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#client.submitTransaction([...actions]);
      } catch (error) {
        if (!isBusy(error) || tries > this.#retry.retries) throw error;
        await setTimeout(pauseMs(this.#retry, tries));
      }
    }
  }

  /** Runs a write; where the table is missing, creates it and repeats the write. */
  async creating<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (!isServiceError(error, 404, 'TableNotFound')) throw error;
      // Another process may create it at the same time: the SDK accepts 409 TableAlreadyExists.
      await this.#client.createTable();
      return write();
    }
  }

  #about<T>(subject: string, call: () => Promise<T>): Promise<T> {
    return withSubject(`${this.name}: ${subject}`, call);
  }
}

/** A filter: the rows of a partition whose RowKeys are in a span. */
export function within(partition: string, { from, to }: KeySpan): string {
  return odata`PartitionKey eq ${partition} and RowKey ge ${from} and RowKey lt ${to}`;
}

/** It has no rows: `RawPages` took them. */
type SdkPage = readonly unknown[] & { readonly continuationToken?: string };

/** null after the last page, and where there is no table. */
async function nextOf(pages: AsyncIterator<SdkPage>, raw: RawPages): Promise<TablePage | null> {
  const answer = await orNull([404], () => pages.next());
  return answer === null || answer.done ? null : { rows: raw.take(), next: answer.value.continuationToken ?? '' };
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

/** Codes of what another write can do to a transaction; a table that is being deleted answers 409, too. */
const CONFLICTS = new Set(['EntityAlreadyExists', 'ResourceNotFound', 'EntityNotFound', 'UpdateConditionNotSatisfied']);

/** Whether a transaction failed because another writer changed, removed or inserted one of its rows. */
export function isConflict(error: unknown): boolean {
  return isWithinTransaction(error) && CONFLICTS.has(codeOf(error) ?? '');
}

function isBusy(error: unknown): boolean {
  return isWithinTransaction(error) && [429, 500, 503].includes(statusOf(error) ?? 0);
}

/** A random pause in the upper half of the exponential one, so that clients that failed together do not retry together. */
function pauseMs({ delayMs, maxDelayMs }: RetrySettings, tries: number): number {
  return backoffMs({ firstMs: delayMs, longestMs: maxDelayMs }, tries, Math.random());
}

/** The ETag. */
function versionOf(answer: { readonly etag?: string }): string {
  if (answer.etag === undefined) throw new Error('the service answered a write without an ETag');
  return answer.etag;
}
