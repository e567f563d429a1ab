import { bin } from '../core/kql/bin.ts';
import type { Contribution } from '../core/records/contribution.ts';
import { type Day, dayOf, hoursOfDay } from '../core/records/day.ts';
import type { Window } from '../core/scoring/window.ts';
import type { HourlyCounts, Partition } from '../storage/ports/hourly_counts.ts';
import { compareKeys, type Head, Heads } from './key_order.ts';

type Pages = AsyncIterator<readonly Contribution[]>;

/** A day with at most this many rows is read at once and sorted: fewer requests than one for each hour. Some 10 MB. */
const SORTED_ROWS = 20_000;
const PAGE_ROWS = 1000;

/**
 * The rows of a partition in the hours that a window touches, in the order of scoring: group, time, contribution. Holds a
 * page of each hour of a large day, and whole the days of at most `sortedRows` rows.
 */
export async function* mergeHours(
  counts: HourlyCounts,
  partition: Partition,
  window: Window,
  sortedRows: number = SORTED_ROWS,
): AsyncGenerator<readonly Contribution[]> {
  const heads = new Heads<PageHead>();
  let run = 0;
  for (const day of await counts.days()) {
    if (day < dayOf(window.after) || day > dayOf(window.asOf)) continue;
    for (const pages of await streamsOf(counts, partition, day, window, sortedRows)) {
      const page = await nextOf(pages);
      if (page !== null) heads.add(new PageHead(page, pages, run++));
    }
  }
  yield* merged(heads);
}

async function streamsOf(
  counts: HourlyCounts,
  partition: Partition,
  day: Day,
  window: Window,
  sortedRows: number,
): Promise<Pages[]> {
  const isTouched = ({ Timestamp }: Pick<Contribution, 'Timestamp'>) =>
    Timestamp >= bin(window.after, '1h') && bin(Timestamp, '1h') <= window.asOf;
  const rows: Contribution[] = [];
  for await (const page of counts.day(partition, day)) {
    for (const row of page) rows.push(row);
    if (rows.length <= sortedRows) continue;
    const hours = hoursOfDay(day).filter((hour) => isTouched({ Timestamp: hour }));
    return hours.map((hour) => counts.hour(partition, hour)[Symbol.asyncIterator]());
  }
  const sorted = rows.filter(isTouched).sort(compareKeys);
  return [onePage(sorted)];
}

async function* onePage(rows: readonly Contribution[]): AsyncGenerator<readonly Contribution[]> {
  if (rows.length > 0) yield rows;
}

/** The next row of a stream of pages. */
class PageHead implements Head {
  readonly run: number;
  row: Contribution;
  readonly #pages: Pages;
  #page: readonly Contribution[];
  #at = 0;

  constructor(page: readonly Contribution[], pages: Pages, run: number) {
    this.run = run;
    this.row = page[0] as Contribution;
    this.#pages = pages;
    this.#page = page;
  }

  /** Whether it has another row; asks for the next page where the present one ends. */
  advance(): boolean | Promise<boolean> {
    const row = this.#page[++this.#at];
    if (row === undefined) return this.#turn();
    this.row = row;
    return true;
  }

  async #turn(): Promise<boolean> {
    const page = await nextOf(this.#pages);
    if (page === null) return false;
    this.#page = page;
    this.#at = 0;
    this.row = page[0] as Contribution;
    return true;
  }
}

/** The next page; none is empty. */
async function nextOf(pages: Pages): Promise<readonly Contribution[] | null> {
  const { done, value } = await pages.next();
  return done ? null : value;
}

async function* merged(heads: Heads<PageHead>): AsyncGenerator<readonly Contribution[]> {
  let page: Contribution[] = [];
  for (let head = heads.first; head !== undefined; head = heads.first) {
    page.push(head.row);
    const more = head.advance();
    // A promise only at the end of a page: an await for each row would take longer than the row.
    if (more === true || (more !== false && (await more))) heads.settleFirst();
    else heads.removeFirst();
    if (page.length < PAGE_ROWS) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
