import type { Day } from '../../core/records/day.ts';
import { PARTITIONS } from '../../storage/keys.ts';
import type { CountFileRef } from '../../storage/ports/count_files.ts';
import type { Partition } from '../../storage/ports/hourly_counts.ts';
import { BadFileError, type CountFile, FileChangedError, openCountFile, readFrames } from './count_file.ts';
import type { DayStores } from './refresh_day.ts';

/**
 * Seals a closed day: marks its files, so that no scorer writes them any more, and removes its table, after which they are the only
 * copy. A file is marked under its version where no touched entry is left; the rows go where then there is still no entry and
 * no other version. Else the marks are taken back, also those that a worker left that died, and the day waits for its scorers. `onSealed` is
 * called before the table is removed. Whether it removed the table.
 */
export async function sealDay(
  stores: DayStores,
  day: Day,
  onSealed: () => Promise<void> = async () => {},
  partitions: readonly Partition[] = PARTITIONS,
): Promise<boolean> {
  const refs = partitions.map((partition) => ({ partition, day }));
  const marks = await Promise.all(refs.map(async (ref) => ({ ref, version: await marked(stores, ref) })));
  const isSealed = await Promise.all(marks.map(({ ref, version }) => isStill(stores, ref, version)));
  if (isSealed.includes(false)) return false;
  await onSealed();
  await stores.hourlyCounts.removeDay(day);
  return true;
}

type Ref = CountFileRef & { readonly day: Day };

/** The version of the marked file; null where it must wait. */
async function marked(stores: DayStores, ref: Ref): Promise<string | null> {
  const isFree = !(await hasEntry(stores, ref));
  const opened = await openCountFile(stores.countFiles, ref);
  if (opened.kind === 'missing') return null;
  const { version, isSealed } = opened.kind === 'file' ? opened.file : opened;
  const isWhole = opened.kind === 'file' && (await isReadable(stores, opened.file));
  // Its scorer builds it again. No removal: only a write names a version.
  if (opened.kind === 'file' && !isWhole) return await damaged(stores, ref, version);
  if (isSealed && isFree && isWhole) return version;
  if (isSealed) await stores.countFiles.mark(ref, false, version);
  else if (isFree && isWhole) return await stores.countFiles.mark(ref, true, version);
  return null;
}

/** Whether a marked file still shows all rows; else takes the mark back. */
async function isStill(stores: DayStores, ref: Ref, version: string | null): Promise<boolean> {
  if (version === null) return false;
  const isFree = !(await hasEntry(stores, ref));
  const start = await stores.countFiles.open(ref, 1);
  if (isFree && start?.version === version) return true;
  // Under the version of the mark: what another worker wrote since has none.
  await stores.countFiles.mark(ref, false, version);
  return false;
}

async function damaged(stores: DayStores, ref: Ref, version: string): Promise<null> {
  await stores.countFiles.put(ref, new Uint8Array(), version);
  return null;
}

/** Whether every frame is what was written: soon it is the only copy. */
async function isReadable(stores: DayStores, file: CountFile): Promise<boolean> {
  try {
    for (const { frames } of file.directory.parts) {
      for await (const frame of readFrames(stores.countFiles, file, frames)) while (frame.groupId !== '') frame.skip();
    }
    return true;
  } catch (error) {
    if (error instanceof BadFileError) return false;
    // Another worker has written it: it has no mark, and waits.
    if (error instanceof FileChangedError) return false;
    throw error;
  }
}

async function hasEntry({ hourlyCounts }: DayStores, { partition, day }: Ref): Promise<boolean> {
  for await (const page of hourlyCounts.touched(partition, day)) if (page.length > 0) return true;
  return false;
}
