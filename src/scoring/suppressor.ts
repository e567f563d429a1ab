import { type Suppressible, type Suppression, suppressedBy } from '../core/detections/suppression.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { SuppressionRow } from '../storage/ports/suppressions.ts';

/** The entries as one run of one partition meets them. */
export class Suppressor {
  readonly #rows: readonly SuppressionRow[];
  readonly #entries: readonly Suppression[];
  readonly #now: Timestamp;

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

  /**
   * Writes how many live detections of the partition each entry hid: one write for each that hid something. A run that is older than what
   * was counted changes nothing; the same run once more writes the same.
   */
  async write(
    stores: Pick<Stores, 'suppressions'>,
    hidden: ReadonlyMap<string, number>,
    partition: Partition,
    asOf: Timestamp,
  ): Promise<void> {
    for (const { suppression, suppressed: counted } of this.#rows) {
      const detections = hidden.get(suppression.id) ?? 0;
      const before = counted[partition];
      if (detections === 0 || (before !== undefined && before.asOf > asOf)) continue;
      await stores.suppressions.count(suppression.id, partition, { asOf, detections, since: before?.since ?? asOf });
    }
  }
}
