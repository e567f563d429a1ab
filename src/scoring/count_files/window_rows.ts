import { bin } from '../../core/kql/bin.ts';
import { msOf } from '../../core/kql/timestamp.ts';
import type { Counted } from '../../core/records/contribution.ts';
import { type Day, dayOf, endOf } from '../../core/records/day.ts';
import type { Window } from '../../core/scoring/window.ts';
import type { Partition } from '../../storage/ports/hourly_counts.ts';
import type { Runs } from '../../storage/ports/runs.ts';
import { BadFileError, type CountFile, FileChangedError, openCountFile } from './count_file.ts';
import { FILE_SIZES, type FileSizes } from './file_sizes.ts';
import { ALL_HOURS, fileStreams, type HourSpan } from './file_streams.ts';
import { type GroupHourStream, type GroupHours, hourOfDay } from './group_hours.ts';
import { type MergedDay, mergeGroupHours } from './merge_group_hours.ts';
import { type DayStores, type RefreshOptions, readEntries, refreshDay, type TableDay } from './refresh_day.ts';
import { ReplacedHours } from './replaced_hours.ts';

/** What a window lacks: a day whose rows are gone and whose file cannot be read. `missing` can also be a day without reports. */
export interface Gap {
  readonly day: Day;
  readonly partition: Partition;
  readonly reason: 'missing' | 'bad' | 'foreign';
}

/** `no history of 2026-11-20 in partition 3: its count file is missing` */
export function gapText({ day, partition, reason }: Gap): string {
  return `no history of ${day} in partition ${partition}: its count file is ${REASONS[reason]}`;
}

/** The gaps that matter: a day without a file that was never sealed had no reports. */
export async function lostDays(gaps: readonly Gap[], runs: Pick<Runs, 'sealedDays'>): Promise<readonly Gap[]> {
  if (gaps.length === 0) return gaps;
  const sealed = await runs.sealedDays();
  return gaps.filter(({ day, reason }) => reason !== 'missing' || sealed.includes(day));
}

const REASONS = { missing: 'missing', bad: 'damaged', foreign: 'not one of this version' } as const;

export interface WindowRowsOptions {
  /**
   * `refresh`: files of days with a table are brought up to date first, and repaired. `overlay`: nothing is written; what the
   * files lack is read from the table.
   */
  readonly mode: 'refresh' | 'overlay';
  /** A day that ends later has not ended (ms since the epoch): its file keeps its hours apart. */
  readonly endedBefore: number;
  readonly onGap: (gap: Gap) => void;
  readonly sizes?: FileSizes;
  /** For tests. */
  readonly pause?: (ms: number) => Promise<unknown>;
}

/**
 * The rows of a partition in the hours that a window touches, in the order of scoring: by group, then by time. Every day with a
 * table is brought up to date, whether the window touches it or not. Holds a page of each part of the files.
 */
export async function* windowRows(
  stores: DayStores,
  partition: Partition,
  window: Window,
  options: WindowRowsOptions,
): AsyncGenerator<readonly Counted[]> {
  const tables = new Set(await stores.hourlyCounts.days());
  /** Days whose files a scorer must not write: what they lack is read from the table. */
  const marked = new Set<Day>();
  if (options.mode === 'refresh') {
    for (const day of tables) {
      const refreshed = await refreshDay(stores, { partition, day }, refreshOptions(day, options));
      if (refreshed === 'gone') tables.delete(day);
      if (refreshed === 'sealed') marked.add(day);
    }
  }
  const days = daysOf(window).map(({ day, hours }) => {
    const ref = { partition, day };
    const isOverlaid = options.mode === 'overlay' || marked.has(day);
    return new FileDay(stores, ref, hours, tables.has(day), isOverlaid, options);
  });
  yield* mergeGroupHours(days);
}

function refreshOptions(day: Day, { endedBefore, sizes, pause }: WindowRowsOptions): RefreshOptions {
  return { hasEnded: msOf(endOf(day)) <= endedBefore, ...(sizes && { sizes }), ...(pause && { pause }) };
}

/** The days that a window touches, oldest first, and the hours of each. */
export function daysOf({ after, asOf }: Window): { readonly day: Day; readonly hours: HourSpan }[] {
  const days: { day: Day; hours: HourSpan }[] = [];
  if (after >= asOf) return days;
  for (let start = bin(after, '1h'); start <= asOf; start = endOf(dayOf(start))) {
    const day = dayOf(start);
    const last = asOf < endOf(day) ? hourOfDay({ Timestamp: asOf }) : ALL_HOURS.last;
    days.push({ day, hours: { first: hourOfDay({ Timestamp: start }), last } });
  }
  return days;
}

/** A day of the window, read from its file. */
class FileDay implements MergedDay {
  readonly #stores: DayStores;
  readonly #ref: TableDay;
  readonly #hours: HourSpan;
  #hasTable: boolean;
  #isOverlaid: boolean;
  readonly #options: WindowRowsOptions;
  #damaged: string | null = null;

  constructor(
    stores: DayStores,
    ref: TableDay,
    hours: HourSpan,
    hasTable: boolean,
    isOverlaid: boolean,
    options: WindowRowsOptions,
  ) {
    this.#stores = stores;
    this.#ref = ref;
    this.#hours = hours;
    this.#hasTable = hasTable;
    this.#isOverlaid = isOverlaid;
    this.#options = options;
  }

  isDamaged(version: string): void {
    this.#damaged = version;
  }

  open(fromGroup: string): Promise<readonly GroupHourStream[]> {
    return this.#isOverlaid ? this.#overlaid(fromGroup) : this.#refreshed(fromGroup);
  }

  async #refreshed(fromGroup: string): Promise<readonly GroupHourStream[]> {
    for (let repairs = 0; repairs < MAX_REPAIRS; repairs++) {
      const { file, reason } = await this.#file();
      if (file !== null) return this.#streams(file, null, fromGroup);
      if (!this.#hasTable) return this.#gap(reason);
      const options = { ...refreshOptions(this.#ref.day, this.#options), damaged: this.#damaged };
      const refreshed = await refreshDay(this.#stores, this.#ref, options);
      if (refreshed === 'gone') this.#hasTable = false;
      if (refreshed !== 'sealed') continue;
      this.#isOverlaid = true;
      return await this.#overlaid(fromGroup);
    }
    throw new BadFileError({ ref: this.#ref, version: this.#damaged ?? '' });
  }

  /** The entries are read before the file: what is no longer announced then stands in the file. */
  async #overlaid(fromGroup: string): Promise<readonly GroupHourStream[]> {
    const { hourlyCounts } = this.#stores;
    const { partition, day } = this.#ref;
    const { entries, hasMore } = this.#hasTable ? await readEntries(hourlyCounts, this.#ref) : NO_ENTRIES;
    const { file, reason } = await this.#file();
    if (file === null && !this.#hasTable) return this.#gap(reason);
    // A day without its table reads as empty. Its file was written before the table went, so it is looked for again.
    if (file === null && !(await hourlyCounts.days()).includes(day)) {
      this.#hasTable = false;
      return await this.#overlaid(fromGroup);
    }
    const replaced =
      file === null || hasMore
        ? await ReplacedHours.all(hourlyCounts, partition, day)
        : ReplacedHours.touched(hourlyCounts, partition, day, entries, file.directory);
    const { first, last } = this.#hours;
    const asked = replaced.hours.filter((hour) => hour >= first && hour <= last);
    const streams = replaced
      .streams(asked, fromGroup)
      .map((stream) => ({ ...stream, pages: this.#whileThere(stream.pages) }));
    if (file === null) return streams;
    return [...this.#streams(file, replaced, fromGroup), ...streams];
  }

  /** Pages of the table. Where it was removed meanwhile, the file has all of the day by then: it is opened again. */
  async *#whileThere(pages: AsyncIterator<GroupHours>): AsyncGenerator<GroupHours> {
    try {
      for (let page = await pages.next(); !page.done; page = await pages.next()) yield page.value;
    } finally {
      await pages.return?.();
    }
    if (!(await this.#stores.hourlyCounts.days()).includes(this.#ref.day)) throw new FileChangedError(this.#ref);
  }

  async #file() {
    const opened = await openCountFile(this.#stores.countFiles, this.#ref, this.#sizes);
    if (opened.kind === 'missing') return { file: null, reason: 'missing' } as const;
    if (opened.kind === 'unreadable') return { file: null, reason: opened.reason } as const;
    const isGood = opened.file.version !== this.#damaged;
    return { file: isGood ? opened.file : null, reason: 'bad' } as const;
  }

  #streams(file: CountFile, replaced: ReplacedHours | null, fromGroup: string): GroupHourStream[] {
    return fileStreams(this.#stores.countFiles, file, this.#hours, replaced, fromGroup, this.#sizes);
  }

  #gap(reason: Gap['reason']): readonly GroupHourStream[] {
    this.#options.onGap({ partition: this.#ref.partition, day: this.#ref.day, reason });
    return [];
  }

  get #sizes(): FileSizes {
    return this.#options.sizes ?? FILE_SIZES;
  }
}

/** Times that a run repairs one file: others can damage it again. */
const MAX_REPAIRS = 5;
const NO_ENTRIES = { entries: [], hasMore: false };
