import { type Suppressible, type SuppressionMatcher, suppressionMatcher } from '../core/detections/suppression.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { allOf } from '../storage/all_of.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { SuppressionRow } from '../storage/ports/suppressions.ts';

/** The suppressions as one run of one partition applies them. */
export class Suppressor {
  readonly #rows: readonly SuppressionRow[];
  readonly #entryOf: SuppressionMatcher;

  private constructor(rows: readonly SuppressionRow[], now: Timestamp) {
    this.#rows = rows;
    this.#entryOf = suppressionMatcher(
      rows.map(({ suppression }) => suppression),
      now,
    );
  }

  /** Reads the suppressions that have not expired, once for the run. */
  static async read(stores: Pick<Stores, 'suppressions'>, now: Timestamp): Promise<Suppressor> {
    const rows = (await allOf(stores.suppressions.list())).flat();
    return new Suppressor(
      rows.filter(({ suppression }) => suppression.expires > now),
      now,
    );
  }

  /** Id of the suppression that fits a group, '' for none. */
  by(one: Suppressible): string {
    return this.#entryOf(one)?.id ?? '';
  }

  /**
   * Writes the hits: how many active detections of the partition each entry suppressed. One write for each entry with a
   * hit. A run that is older than the last counted one changes nothing; repeating a run writes the same.
   */
  async write(
    stores: Pick<Stores, 'suppressions'>,
    hits: ReadonlyMap<string, number>,
    partition: Partition,
    asOf: Timestamp,
  ): Promise<void> {
    for (const { suppression, suppressed: counted } of this.#rows) {
      const detections = hits.get(suppression.id) ?? 0;
      const before = counted[partition];
      if (detections === 0 || (before !== undefined && before.asOf > asOf)) continue;
      await stores.suppressions.count(suppression.id, partition, { asOf, detections, since: before?.since ?? asOf });
    }
  }
}
