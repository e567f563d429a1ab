import type { Hour } from '../../core/kql/bin.ts';
import { HOUR_MS } from '../../core/kql/timespan.ts';
import { addMs } from '../../core/kql/timestamp.ts';
import type { Counted } from '../../core/records/contribution.ts';
import { startOf } from '../../core/records/day.ts';
import { BadFileError, type CountFile, FileChangedError, openCountFile } from './count_file.ts';
import { FILE_SIZES } from './file_sizes.ts';
import { fileStreams } from './file_streams.ts';
import { hourOfDay } from './group_hours.ts';
import { mergeGroupHours } from './merge_group_hours.ts';
import {
  type DayStores,
  onceOnly,
  type RefreshOptions,
  readEntries,
  refreshDay,
  type TableDay,
} from './refresh_day.ts';

/** `unknown`: something has changed meanwhile, or there is no file to compare. */
export type HourCheck = 'same' | 'repaired' | 'unknown';

/**
 * Compares an hour of a file with the table, against rot that no touched entry announces. A difference counts only where the hour
 * has no entry after the scan, and the file is still the version that was compared. Then the file is built again. Holds a page of
 * each.
 */
export async function checkHour(
  stores: DayStores,
  ref: TableDay,
  hour: number,
  options: RefreshOptions,
): Promise<HourCheck> {
  const opened = await openCountFile(stores.countFiles, ref, options.sizes);
  if (opened.kind !== 'file' || opened.file.isSealed) return 'unknown';
  const { file } = opened;
  const isSame = await agrees(stores, file, ref, hour, options);
  if (isSame !== false) return isSame === true ? 'same' : 'unknown';
  // The entries first: where one has been used up since the scan, the file has another version.
  const { entries, hasMore } = await readEntries(stores.hourlyCounts, ref);
  if (hasMore || entries.some((entry) => hourOfDay({ Timestamp: entry.hour }) === hour)) return 'unknown';
  if ((await stores.countFiles.open(ref, 1))?.version !== file.version) return 'unknown';
  await refreshDay(stores, ref, { ...options, damaged: file.version });
  return 'repaired';
}

/** Whether a file and the table have the same rows of an hour; null where the file has changed. */
async function agrees(
  stores: DayStores,
  file: CountFile,
  ref: TableDay,
  hour: number,
  { sizes = FILE_SIZES }: RefreshOptions,
): Promise<boolean | null> {
  const hours = { first: hour, last: hour };
  const streams = fileStreams(stores.countFiles, file, hours, null, '', sizes);
  const inFile = rowsOf(mergeGroupHours([onceOnly(ref, streams)]));
  const start = addMs(startOf(ref.day), hour * HOUR_MS) as Hour;
  const inTable = rowsOf(stores.hourlyCounts.hour(ref.partition, start));
  try {
    for (;;) {
      const [one, other] = [await inFile.next(), await inTable.next()];
      if (one.done || other.done) return one.done === other.done;
      if (textOf(one.value) !== textOf(other.value)) return false;
    }
  } catch (error) {
    if (error instanceof FileChangedError) return null;
    if (error instanceof BadFileError) return false;
    throw error;
  } finally {
    await inFile.return(undefined);
    await inTable.return(undefined);
  }
}

async function* rowsOf(pages: AsyncIterable<readonly Counted[]>): AsyncGenerator<Counted> {
  for await (const page of pages) yield* page;
}

/** What a file keeps of a row. */
function textOf({ groupId, Timestamp, count, failed }: Counted): string {
  const isExact = Timestamp.endsWith('.0000000Z');
  return `${groupId} ${Timestamp.slice(0, 19)} ${isExact} ${count} ${failed}`;
}
