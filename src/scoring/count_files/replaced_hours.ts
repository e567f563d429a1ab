import type { Hour } from '../../core/kql/bin.ts';
import type { Counted } from '../../core/records/contribution.ts';
import type { Day } from '../../core/records/day.ts';
import type { HourlyCounts, Partition, Touched } from '../../storage/ports/hourly_counts.ts';
import { type Directory, WHOLE_DAY } from './directory.ts';
import { type GroupHourStream, hourOfDay, pagesOfRows, RowPage } from './group_hours.ts';

/**
 * A request for one group takes as much time as so many rows of an hour that is read as a whole. So an hour of a small tenant, which is one
 * page, is read as a whole where two groups changed.
 */
const ROWS_PER_REQUEST = 250;
/** A day with so many rows is read at once, whatever hours are asked for: mostly that is fewer requests. */
const MAX_AT_ONCE = 5000;
/** Groups whose rows are asked for at the same time. */
const AT_ONCE = 8;

/**
 * The hours of a day, or the groups in an hour, that are read from the table: what changed since the file was written, or all of a
 * day without a file.
 */
export class ReplacedHours {
  readonly #counts: HourlyCounts;
  readonly #partition: Partition;
  readonly #day: Day;
  /** By hour of the day: the groups; null for all. */
  readonly #hours: ReadonlyMap<number, ReadonlySet<string> | null>;
  /** Rows that have been read, in order. */
  #read: readonly Counted[] | null = null;

  private constructor(
    counts: HourlyCounts,
    partition: Partition,
    day: Day,
    hours: ReadonlyMap<number, ReadonlySet<string> | null>,
  ) {
    this.#counts = counts;
    this.#partition = partition;
    this.#day = day;
    this.#hours = hours;
  }

  /** What entries name. `directory`: of the file, which says how many rows an hour has. */
  static touched(
    counts: HourlyCounts,
    partition: Partition,
    day: Day,
    entries: readonly Touched[],
    directory: Directory,
  ): ReplacedHours {
    const hours = new Map<number, ReadonlySet<string> | null>();
    for (const [hour, some] of Map.groupBy(entries, (entry) => hourOfDay({ Timestamp: entry.hour }))) {
      const groups = new Set(some.flatMap(({ groupId }) => groupId ?? []));
      const isWhole = some.some(({ groupId }) => groupId === null) || groups.size > requestsAsMuchAs(directory, hour);
      hours.set(hour, isWhole ? null : groups);
    }
    return new ReplacedHours(counts, partition, day, hours);
  }

  /** A whole day. Reads it at once where it has few rows. */
  static async all(counts: HourlyCounts, partition: Partition, day: Day): Promise<ReplacedHours> {
    const hours = new Map(Array.from({ length: WHOLE_DAY }, (_, hour) => [hour, null]));
    const replaced = new ReplacedHours(counts, partition, day, hours);
    const rows: Counted[] = [];
    for await (const page of counts.day(partition, day)) {
      for (const row of page) rows.push(row);
      if (rows.length > MAX_AT_ONCE) return replaced;
    }
    replaced.#read = rows;
    return replaced;
  }

  /** The hours, 0 to 23, in which something is replaced. */
  get hours(): readonly number[] {
    return [...this.#hours.keys()].sort((a, b) => a - b);
  }

  has(groupId: string, hour: number): boolean {
    const groups = this.#hours.get(hour);
    return groups === null || (groups?.has(groupId) ?? false);
  }

  /** Whether all groups of an hour are replaced. */
  isWhole(hour: number): boolean {
    return this.#hours.get(hour) === null;
  }

  /** The rows of these hours, each as a stream; groups before `fromGroup` can be missing. */
  streams(hours: readonly number[], fromGroup = ''): GroupHourStream[] {
    return hours.flatMap((hour) => {
      const groups = this.#hours.get(hour);
      if (groups === undefined) return [];
      if (this.#read !== null) return [{ pages: onePage(this.#read, hour), accepts: null }];
      const rows =
        groups === null
          ? this.#counts.hour(this.#partition, this.#hourText(hour))
          : this.#rowsOfGroups(hour, [...groups].filter((groupId) => groupId >= fromGroup).sort());
      return [{ pages: pagesOfRows(rows), accepts: null }];
    });
  }

  async *#rowsOfGroups(hour: number, groupIds: readonly string[]): AsyncGenerator<readonly Counted[]> {
    for (let start = 0; start < groupIds.length; start += AT_ONCE) {
      const some = groupIds.slice(start, start + AT_ONCE);
      const pages = some.map((groupId) => this.#counts.ofGroup(this.#hourText(hour), groupId)[Symbol.asyncIterator]());
      const firsts = await Promise.all(pages.map((each) => each.next()));
      for (const [n, each] of pages.entries()) {
        for (let page = firsts[n]; page !== undefined && !page.done; page = await each.next()) yield page.value;
      }
    }
  }

  #hourText(hour: number): Hour {
    return `${this.#day}T${String(hour).padStart(2, '0')}:00:00.0000000Z` as Hour;
  }
}

async function* onePage(rows: readonly Counted[], hour: number): AsyncGenerator<RowPage> {
  const ofHour = rows.filter((row) => hourOfDay(row) === hour);
  if (ofHour.length > 0) yield new RowPage(ofHour);
}

/** How many groups can be asked for in the time in which the hour is read, as far as the file knows; at least one. */
function requestsAsMuchAs({ parts }: Directory, hour: number): number {
  const rowsIn = (of: number): number =>
    parts.flatMap((part) => (part.hour === of ? part.frames : [])).reduce((sum, { rows }) => sum + rows, 0);
  return Math.max(1, Math.floor((rowsIn(hour) + rowsIn(WHOLE_DAY) / WHOLE_DAY) / ROWS_PER_REQUEST));
}
