import { msOf } from '../../core/kql/timestamp.ts';
import { type Day, endOf } from '../../core/records/day.ts';
import { CONFLICT, retryOnConflict } from '../../storage/optimistic.ts';
import type { CountFileRef, CountFiles } from '../../storage/ports/count_files.ts';
import type { HourlyCounts, Partition, TouchedEntry } from '../../storage/ports/hourly_counts.ts';
import { BadFileError, type CountFile, FileChangedError, openCountFile } from './count_file.ts';
import { WHOLE_DAY } from './directory.ts';
import { FileDraft } from './file_draft.ts';
import { FILE_SIZES, type FileSizes } from './file_sizes.ts';
import { ALL_HOURS, fileStreams } from './file_streams.ts';
import type { GroupHourStream } from './group_hours.ts';
import { type MergedDay, mergeGroupHours } from './merge_group_hours.ts';
import { ReplacedHours } from './replaced_hours.ts';

/** A partition of a day that has a table. */
export interface TableDay extends CountFileRef {
  readonly partition: Partition;
  readonly day: Day;
}

export interface DayStores {
  readonly hourlyCounts: HourlyCounts;
  readonly countFiles: CountFiles;
}

/**
 * `same`: nothing has changed. `written`: the file now shows what the entries announced. `sealed`: the file is marked, and only
 * sealing writes it. `gone`: the table is no longer there.
 */
export type Refreshed = 'same' | 'written' | 'sealed' | 'gone';

/** Entries that are held at once; then the day is refreshed again. */
const MAX_ENTRIES = 50_000;

/**
 * Makes the file of a day show what the table holds, as far as touched entries announce it, and removes these entries. The order
 * matters: entries, version of the file, rows, commit under that version, entries under their versions. A file that is missing,
 * damaged or foreign is built from the whole table. Once the day has ended, the file gets one part. Holds a page of each stream.
 * Throws a ConflictError where other workers write the file all the time.
 */
export async function refreshDay(stores: DayStores, ref: TableDay, options: RefreshOptions): Promise<Refreshed> {
  const known: Known = { damaged: options.damaged ?? null, refused: null, isBuilt: options.isAgain !== true };
  for (let isWritten = false; ; isWritten = true) {
    const done = await retryOnConflict('count file', () => refreshOnce(stores, ref, options, known), options.pause);
    if (done !== 'more') return isWritten && done === 'same' ? 'written' : done;
  }
}

export interface RefreshOptions {
  /** Whether the day has ended: its hours become one part. */
  readonly hasEnded: boolean;
  /** A version of the file that is known to be damaged; null for none. */
  readonly damaged?: string | null;
  /** Builds the file from the whole table, whatever it holds. */
  readonly isAgain?: boolean;
  readonly sizes?: FileSizes;
  /** For tests. */
  readonly pause?: (ms: number) => Promise<unknown>;
}

/** Versions of the file that earlier tries know. */
interface Known {
  damaged: string | null;
  /** A commit over it was refused. Where it is still the version of the file, its blocks are not there. */
  refused: string | null;
  /** It need not be built from the whole table. */
  isBuilt: boolean;
}

/** `more`: it is written, and there are further entries. */
async function refreshOnce(
  stores: DayStores,
  ref: TableDay,
  { hasEnded, sizes = FILE_SIZES }: RefreshOptions,
  known: Known,
): Promise<Refreshed | 'more' | typeof CONFLICT> {
  const { entries, hasMore } = await readEntries(stores.hourlyCounts, ref);
  const opened = await openCountFile(stores.countFiles, ref, sizes);
  const before = opened.kind === 'file' ? opened.file : opened.kind === 'unreadable' ? opened : null;
  if (before?.isSealed) return 'sealed';
  const isGood = opened.kind === 'file' && known.isBuilt && opened.file.version !== known.damaged;
  const file = isGood ? opened.file : null;
  if (file !== null && entries.length === 0 && (!hasEnded || isOnePart(file))) return 'same';
  const version = before?.version ?? null;
  try {
    const draft = new FileDraft(stores.countFiles, ref, file, sizes, version === null || version !== known.refused);
    await fill(draft, stores, ref, file, entries, hasEnded, sizes);
    // A day without its table reads as empty.
    if (file === null && !(await stores.hourlyCounts.days()).includes(ref.day)) return 'gone';
    if ((await draft.commit(version)) === null) {
      known.refused = version;
      return CONFLICT;
    }
  } catch (error) {
    noteFault(error, known);
    return CONFLICT;
  }
  known.isBuilt = true;
  await stores.hourlyCounts.settle(ref.partition, ref.day, entries);
  return hasMore ? 'more' : 'written';
}

/** Takes note of why a file has to be read again. Throws other errors. */
function noteFault(error: unknown, known: Known): void {
  if (error instanceof BadFileError) known.damaged = error.version;
  else if (!(error instanceof FileChangedError)) throw error;
}

/** Builds the files of all days with a table again, but for those that are marked. */
export async function rebuildFiles(stores: DayStores, partition: Partition, endedBefore: number): Promise<void> {
  for (const day of await stores.hourlyCounts.days()) {
    await refreshDay(stores, { partition, day }, { hasEnded: msOf(endOf(day)) <= endedBefore, isAgain: true });
  }
}

/** The entries of a day, at most `MAX_ENTRIES`. */
export async function readEntries(
  counts: HourlyCounts,
  { partition, day }: TableDay,
): Promise<{ entries: TouchedEntry[]; hasMore: boolean }> {
  const entries: TouchedEntry[] = [];
  for await (const page of counts.touched(partition, day)) {
    if (entries.length >= MAX_ENTRIES) return { entries, hasMore: true };
    for (const entry of page) entries.push(entry);
  }
  return { entries, hasMore: false };
}

async function fill(
  draft: FileDraft,
  { hourlyCounts, countFiles }: DayStores,
  ref: TableDay,
  file: CountFile | null,
  entries: readonly TouchedEntry[],
  hasEnded: boolean,
  sizes: FileSizes,
): Promise<void> {
  const { partition, day } = ref;
  const replaced =
    file === null
      ? await ReplacedHours.all(hourlyCounts, partition, day)
      : ReplacedHours.touched(hourlyCounts, partition, day, entries, file.directory);
  const rowsOf = (first: number, last: number) => {
    const old = file === null ? [] : fileStreams(countFiles, file, { first, last }, replaced, '', sizes);
    const hours = replaced.hours.filter((hour) => hour >= first && hour <= last);
    return mergeGroupHours([onceOnly(ref, [...old, ...replaced.streams(hours)])]);
  };
  const isOne = hasEnded || (file?.directory.parts.some(({ hour }) => hour === WHOLE_DAY) ?? false);
  if (isOne) {
    await draft.write(WHOLE_DAY, rowsOf(ALL_HOURS.first, ALL_HOURS.last));
    return;
  }
  for (const part of file?.directory.parts ?? []) {
    if (!replaced.hours.includes(part.hour)) await draft.keep(part);
  }
  for (const hour of replaced.hours) await draft.write(hour, rowsOf(hour, hour));
}

/** A day whose streams are opened once: where its file changes, the draft begins again, with other rows. */
export function onceOnly(ref: CountFileRef, streams: readonly GroupHourStream[]): MergedDay {
  let left: readonly GroupHourStream[] | null = streams;
  return {
    open: async () => {
      if (left === null) throw new FileChangedError(ref);
      const opened = left;
      left = null;
      return opened;
    },
    isDamaged: (version) => {
      throw new BadFileError({ ref, version });
    },
  };
}

function isOnePart({ directory: { parts } }: CountFile): boolean {
  return parts.every(({ hour }) => hour === WHOLE_DAY);
}
