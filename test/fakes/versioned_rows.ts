import type { Versioned } from '../../src/storage/ports/versioned.ts';

let writes = 0;

/** A table as the adapters see it: rows by key, each with a version that every write changes, also one of the same. */
export class VersionedRows<Row> {
  readonly #rows = new Map<string, Versioned<Row>>();
  /** In order; null where a key has come or gone since. */
  #keys: readonly string[] | null = null;

  get(key: string): Versioned<Row> | null {
    return this.#rows.get(key) ?? null;
  }

  /** The version of a row; null where there is none. */
  version(key: string): string | null {
    return this.#rows.get(key)?.version ?? null;
  }

  /** In key order. */
  entries(): [string, Versioned<Row>][] {
    return this.#sorted().map((key) => [key, this.get(key) as Versioned<Row>]);
  }

  /** Those of a half-open span of keys, in key order. */
  between(from: string, to: string): [string, Versioned<Row>][] {
    const keys = this.#sorted();
    return keys.slice(placeOf(keys, from), placeOf(keys, to)).map((key) => [key, this.get(key) as Versioned<Row>]);
  }

  /** In key order, from a key on. One by one. */
  *from(key: string): Generator<[string, Row]> {
    for (const each of this.#sorted()) if (each >= key) yield [each, (this.#rows.get(each) as Versioned<Row>).row];
  }

  insert(key: string, row: Row): string | null {
    return this.#rows.has(key) ? null : this.put(key, row);
  }

  put(key: string, row: Row): string {
    const version = `W/"${++writes}"`;
    if (!this.#rows.has(key)) this.#keys = null;
    this.#rows.set(key, deepFrozen({ row: structuredClone(row), version }));
    return version;
  }

  /** Writes what the change makes of the row, if it still has that version. */
  update(key: string, version: string, change: (row: Row) => Row): string | null {
    const found = this.get(key);
    return found?.version === version ? this.put(key, change(found.row)) : null;
  }

  delete(key: string): void {
    if (this.#rows.delete(key)) this.#keys = null;
  }

  #sorted(): readonly string[] {
    this.#keys ??= [...this.#rows.keys()].sort();
    return this.#keys;
  }
}

/** Whoever changes a row that it was given fails, as it would have changed nothing. */
function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) deepFrozen(inner);
  return Object.freeze(value);
}

/** How many of the sorted keys come before this one. */
function placeOf(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
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
