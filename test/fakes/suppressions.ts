import type { Suppression } from '../../src/core/detections/suppression.ts';
import type { Partition } from '../../src/storage/ports/hourly_counts.ts';
import type { SuppressedCount, SuppressionRow, Suppressions } from '../../src/storage/ports/suppressions.ts';
import { pagesOf, throughJson, VersionedRows } from './versioned_rows.ts';

export class MemorySuppressions implements Suppressions {
  readonly #rows = new VersionedRows<SuppressionRow>();

  async *list(): AsyncGenerator<readonly SuppressionRow[]> {
    yield* pagesOf(this.#rows.entries().map(([, { row }]) => row));
  }

  async insert(suppression: Suppression): Promise<boolean> {
    return this.#rows.insert(suppression.id, { suppression: throughJson(suppression), suppressed: {} }) !== null;
  }

  async count(id: string, partition: Partition, count: SuppressedCount): Promise<void> {
    const found = this.#rows.get(id);
    if (!found) return;
    const { suppression, suppressed: before } = found.row;
    this.#rows.put(id, { suppression, suppressed: { ...before, [partition]: throughJson(count) } });
  }

  async remove(id: string): Promise<boolean> {
    const found = this.#rows.get(id);
    this.#rows.delete(id);
    return found !== null;
  }
}
