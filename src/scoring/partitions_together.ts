import { PARTITIONS } from '../storage/keys.ts';
import type { Partition } from '../storage/ports/hourly_counts.ts';

/**
 * Rows that one invocation reads at most, by the last run: four minutes at Azure's target of 2,000 rows a second. A tenant
 * of 250 devices then needs one invocation an hour, and one of 10,000 has one for each partition.
 */
export const MAX_ROWS_TOGETHER = 500_000;

/**
 * The partitions in groups for one invocation each, by their rows in the last run. One whose rows are not known is alone:
 * it may be large, or have failed.
 */
export function partitionsTogether(rowsOf: ReadonlyMap<Partition, number>): readonly (readonly Partition[])[] {
  const alone = PARTITIONS.filter((partition) => !rowsOf.has(partition)).map((partition) => [partition]);
  const groups: Partition[][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const partition of PARTITIONS.filter((each) => rowsOf.has(each))) {
    const more = rowsOf.get(partition) ?? 0;
    if (rows + more > MAX_ROWS_TOGETHER) {
      groups.push([]);
      rows = 0;
    }
    groups.at(-1)?.push(partition);
    rows += more;
  }
  return [...groups, ...alone];
}
