import { bin, type Hour } from '../core/kql/bin.ts';
import type { Contribution } from '../core/records/contribution.ts';
import { type Day, hoursOfDay } from '../core/records/day.ts';
import { PARTITIONS } from '../storage/keys.ts';
import type { CountFileRef } from '../storage/ports/count_files.ts';
import type { HourlyCounts } from '../storage/ports/hourly_counts.ts';
import { openCountFile } from './count_files/count_file.ts';
import { WHOLE_DAY } from './count_files/directory.ts';
import type { DayStores } from './count_files/refresh_day.ts';

/**
 * The oldest hour with a row, or the day of it where that is all that its file says; null where nothing is stored. Reads a page of
 * each partition.
 */
export async function oldestHour(stores: DayStores): Promise<Hour | null> {
  const tables = await stores.hourlyCounts.days();
  for (const day of await storedDays(stores, tables)) {
    const inTable = tables.includes(day) ? await eachPartition(stores.hourlyCounts, day, true) : [];
    const hours = [...inTable, ...(await hoursInFiles(stores, day, true))];
    if (hours.length > 0) return hours.sort()[0] ?? null;
  }
  return null;
}

/** The newest hour with a row, likewise; null where nothing is stored. Reads the rows of a day. */
export async function newestHour(stores: DayStores): Promise<Hour | null> {
  const tables = await stores.hourlyCounts.days();
  for (const day of (await storedDays(stores, tables)).toReversed()) {
    // The table has all that the file has.
    const hours = tables.includes(day)
      ? await eachPartition(stores.hourlyCounts, day, false)
      : await hoursInFiles(stores, day, false);
    if (hours.length > 0) return hours.sort().at(-1) ?? null;
  }
  return null;
}

/** Days with a table or a file, oldest first. */
async function storedDays({ countFiles }: DayStores, tables: readonly Day[]): Promise<Day[]> {
  const files = (await Array.fromAsync(countFiles.list())).flat().map(({ day }) => day as Day);
  return [...new Set([...files, ...tables])].sort();
}

/** The first or last hour with a row in each file of a day. */
async function hoursInFiles({ countFiles }: DayStores, day: Day, isFirst: boolean): Promise<Hour[]> {
  const found = await Promise.all(PARTITIONS.map((partition) => hoursIn({ partition, day })));
  return found.flatMap((hours) => hours.at(isFirst ? 0 : -1) ?? []);

  async function hoursIn(ref: CountFileRef): Promise<Hour[]> {
    const opened = await openCountFile(countFiles, ref);
    if (opened.kind !== 'file') return [];
    const { parts } = opened.file.directory;
    const all = hoursOfDay(day);
    return parts.flatMap(({ hour }) => (hour === WHOLE_DAY ? all : all.slice(hour, hour + 1)));
  }
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
