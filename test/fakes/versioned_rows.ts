import type { Versioned } from '../../src/storage/ports/versioned.ts';

let writes = 0;

/** A table as the adapters see it: rows by key, each with a version that every write changes, also one of the same. */
export class VersionedRows<Row> {
  readonly #rows = new Map<string, Versioned<Row>>();

  get(key: string): Versioned<Row> | null {
    const found = this.#rows.get(key);
    return found ? structuredClone(found) : null;
  }

  /** In key order. */
  entries(): [string, Versioned<Row>][] {
    return [...this.#rows.keys()].sort().map((key) => [key, this.get(key) as Versioned<Row>]);
  }

  insert(key: string, row: Row): string | null {
    return this.#rows.has(key) ? null : this.put(key, row);
  }

  put(key: string, row: Row): string {
    const version = `W/"${++writes}"`;
    this.#rows.set(key, { row: structuredClone(row), version });
    return version;
  }

  /** Writes what the change makes of the row, if it still has that version. */
  update(key: string, version: string, change: (row: Row) => Row): string | null {
    const found = this.get(key);
    return found?.version === version ? this.put(key, change(found.row)) : null;
  }

  delete(key: string): void {
    this.#rows.delete(key);
  }
}

/** In pages as a table gives them: of at most 1,000, none empty. */
export function* pagesOf<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < rows.length; start += 1000) yield rows.slice(start, start + 1000);
}

/** As a row that went through JSON comes back: -0 is 0, what is undefined is gone, and text is well-formed. */
export function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_name, inner: unknown) =>
    typeof inner === 'string' ? inner.toWellFormed() : inner,
  ) as T;
}
