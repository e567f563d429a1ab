import { AsyncLocalStorage } from 'node:async_hooks';
import { type BadRow, BadRowError } from './ports/bad_row.ts';

/** Distinct rows that are kept; further ones are only counted. */
const MAX_KEPT = 1000;

/** The bad rows that some work skipped, each once. */
export interface BadRows {
  readonly rows: readonly BadRow[];
  /** All of them, also those above the number that is kept. */
  readonly total: number;
}

class Collector implements BadRows {
  readonly #rows = new Map<string, BadRow>();
  readonly #outer: Collector | undefined;
  #more = 0;

  constructor(outer: Collector | undefined) {
    this.#outer = outer;
  }

  get rows(): readonly BadRow[] {
    return [...this.#rows.values()];
  }

  get total(): number {
    return this.#rows.size + this.#more;
  }

  note(row: BadRow): void {
    const key = JSON.stringify([row.table, row.partitionKey, row.rowKey]);
    if (!this.#rows.has(key)) {
      if (this.#rows.size < MAX_KEPT) this.#rows.set(key, row);
      else this.#more++;
    }
    this.#outer?.note(row);
  }
}

const scope = new AsyncLocalStorage<Collector>();

/** Reports a stored row that an adapter skips; ignored outside of `collectBadRows`. */
export function noteBadRow(row: BadRow): void {
  scope.getStore()?.note(row);
}

/**
 * Runs work and gives its collector, which knows the bad rows that are skipped on its behalf so far, also where the work
 * fails. Scopes nest: an outer one knows the rows of an inner one.
 */
export function collectBadRows<T>(work: (badRows: BadRows) => Promise<T>): Promise<T> {
  const collector = new Collector(scope.getStore());
  return scope.run(collector, () => work(collector));
}

/** In place of a row that cannot be read. */
export const BAD = Symbol('bad');

/** Awaits the read of one row: a bad one is reported, and is `BAD`, for work that goes on without it. */
export async function unlessBad<T>(read: Promise<T>): Promise<T | typeof BAD> {
  try {
    return await read;
  } catch (error) {
    if (!(error instanceof BadRowError)) throw error;
    noteBadRow(error.row);
    return BAD;
  }
}
