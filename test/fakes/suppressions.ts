import type { Suppression } from '../../src/core/detections/suppression.ts';
import type { Partition } from '../../src/storage/ports/hourly_counts.ts';
import type { Hidden, SuppressionRow, Suppressions } from '../../src/storage/ports/suppressions.ts';
import { pagesOf, throughJson, VersionedRows } from './versioned_rows.ts';

export class MemorySuppressions implements Suppressions {
  readonly #rows = new VersionedRows<SuppressionRow>();

  async get(id: string): Promise<SuppressionRow | null> {
    return this.#rows.get(id)?.row ?? null;
  }

  async *list(): AsyncGenerator<readonly SuppressionRow[]> {
    yield* pagesOf(this.#rows.entries().map(([, { row }]) => row));
  }

  async insert(suppression: Suppression): Promise<boolean> {
    return this.#rows.insert(suppression.id, { suppression: throughJson(suppression), hidden: {} }) !== null;
  }

  async count(id: string, partition: Partition, hidden: Hidden): Promise<void> {
    const found = this.#rows.get(id);
    if (!found) return;
    const { suppression, hidden: before } = found.row;
    this.#rows.put(id, { suppression, hidden: { ...before, [partition]: throughJson(hidden) } });
  }

  async remove(id: string): Promise<boolean> {
    const found = this.#rows.get(id);
    this.#rows.delete(id);
    return found !== null;
  }
}
