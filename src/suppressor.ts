import { type Suppressible, type Suppression, suppressedBy } from './core/suppression.ts';
import type { Timestamp } from './core/timestamp.ts';
import type { Partition, Stores, SuppressionRow } from './ports.ts';

/** The entries as one run of one partition meets them, and what each hides in it. */
export class Suppressor {
  readonly #rows: readonly SuppressionRow[];
  readonly #entries: readonly Suppression[];
  readonly #now: Timestamp;
  readonly #hidden = new Map<string, number>();

  private constructor(rows: readonly SuppressionRow[], now: Timestamp) {
    this.#rows = rows;
    this.#entries = rows.map(({ suppression }) => suppression);
    this.#now = now;
  }

  /** Reads the entries, once for the run. */
  static async read(stores: Pick<Stores, 'suppressions'>, now: Timestamp): Promise<Suppressor> {
    const rows = (await Array.fromAsync(stores.suppressions.list())).flat();
    return new Suppressor(
      rows.filter(({ suppression }) => suppression.expires > now),
      now,
    );
  }

  /** The id of the entry that hides a group, '' for none. */
  by(one: Suppressible): string {
    return suppressedBy(this.#entries, one, this.#now)?.id ?? '';
  }

  /** Counts a live detection by the entry that hides it. */
  count(suppressedBy: string): void {
    if (suppressedBy !== '') this.#hidden.set(suppressedBy, (this.#hidden.get(suppressedBy) ?? 0) + 1);
  }

  /**
   * Writes what each entry hid of the partition: one write for each that hid something. A run that is older than what
   * was counted changes nothing; the same run once more writes the same.
   */
  async write(stores: Pick<Stores, 'suppressions'>, partition: Partition, asOf: Timestamp): Promise<void> {
    for (const { suppression, hidden } of this.#rows) {
      const detections = this.#hidden.get(suppression.id) ?? 0;
      const before = hidden[partition];
      if (detections === 0 || (before !== undefined && before.asOf > asOf)) continue;
      await stores.suppressions.count(suppression.id, partition, { asOf, detections, since: before?.since ?? asOf });
    }
  }
}
