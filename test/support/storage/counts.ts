import { bin } from '../../../src/core/kql/bin.ts';
import type { Timestamp } from '../../../src/core/kql/timestamp.ts';
import type { Contribution } from '../../../src/core/records/contribution.ts';
import { dayOf } from '../../../src/core/records/day.ts';
import type { Window } from '../../../src/core/scoring/window.ts';
import { mergeHours } from '../../../src/scoring/merge_hours.ts';
import { PARTITIONS, partitionOf } from '../../../src/storage/keys.ts';
import type {
  ContributionRow,
  HourlyCounts,
  Partition,
  Refusal,
  Touched,
} from '../../../src/storage/ports/hourly_counts.ts';

/** A window that every row is in. */
export const ALWAYS: Window = {
  after: '0000-01-01T00:00:00.0000000Z' as Timestamp,
  asOf: '9999-12-31T23:59:59.9999999Z' as Timestamp,
};

export const SEGMENT = '5e'.repeat(16);

/** The entries that announce rows: their hours. */
export function hoursOf(rows: readonly Contribution[], segmentId = SEGMENT): Touched[] {
  return [...new Set(rows.map(({ Timestamp }) => bin(Timestamp, '1h')))].map((hour) => ({
    hour,
    groupId: null,
    segmentId,
  }));
}

/** Stores any rows, in as many transactions as they need. Returns those that are refused. */
export async function storeRows(counts: HourlyCounts, rows: readonly ContributionRow[]): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  for (const some of Map.groupBy(rows, (row) => partitionOf(row.groupId) + dayOf(row.Timestamp)).values()) {
    const [first] = some as [ContributionRow];
    const day = dayOf(first.Timestamp);
    for (let start = 0; start < some.length; start += 76) {
      const batch = some.slice(start, start + 76);
      const found = await counts.merge(partitionOf(first.groupId), day, batch, hoursOf(batch), { mayCreate: true });
      if (found === 'closed') throw new Error(`${day} is closed`);
      refusals.push(...found);
    }
  }
  return refusals;
}

/** All rows of a partition in the order of scoring. */
export async function storedRows(counts: HourlyCounts, partition: Partition): Promise<Contribution[]> {
  return (await Array.fromAsync(mergeHours(counts, partition, ALWAYS))).flat();
}

/** All rows of all partitions with their facts. */
export async function storedWithFacts(counts: HourlyCounts): Promise<ContributionRow[]> {
  const rows: ContributionRow[] = [];
  for (const partition of PARTITIONS) {
    const groups = new Set(
      (await storedRows(counts, partition)).map((row) => `${bin(row.Timestamp, '1h')}${row.groupId}`),
    );
    for (const each of groups) {
      const hour = each.slice(0, 28) as ReturnType<typeof bin>;
      rows.push(...(await Array.fromAsync(counts.ofGroup(hour, each.slice(28)))).flat());
    }
  }
  return rows;
}
