import { bin, type Hour } from '../core/kql/bin.ts';
import type { Contribution } from '../core/records/contribution.ts';
import type { Day } from '../core/records/day.ts';
import { PARTITIONS } from '../storage/keys.ts';
import type { HourlyCounts } from '../storage/ports/hourly_counts.ts';

/** The oldest hour with a row; null where nothing is stored. Reads a page of each partition. */
export async function oldestHour(counts: HourlyCounts): Promise<Hour | null> {
  for (const day of await counts.days()) {
    const firsts = await eachPartition(counts, day, true);
    if (firsts.length > 0) return firsts.sort()[0] ?? null;
  }
  return null;
}

/** The newest hour with a row; null where nothing is stored. Reads the rows of a day. */
export async function newestHour(counts: HourlyCounts): Promise<Hour | null> {
  for (const day of (await counts.days()).toReversed()) {
    const lasts = await eachPartition(counts, day, false);
    if (lasts.length > 0) return lasts.sort().at(-1) ?? null;
  }
  return null;
}

/** The hour of the first or of the last row of the day, of each partition that has one. */
async function eachPartition(counts: HourlyCounts, day: Day, isFirst: boolean): Promise<Hour[]> {
  const hours: Hour[] = [];
  for (const partition of PARTITIONS) {
    let found: Contribution | undefined;
    for await (const page of counts.day(partition, day)) {
      found = page.at(isFirst ? 0 : -1);
      if (isFirst) break;
    }
    if (found) hours.push(bin(found.Timestamp, '1h'));
  }
  return hours;
}
