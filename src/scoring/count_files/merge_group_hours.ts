import type { Counted } from '../../core/records/contribution.ts';
import { compareText } from '../../core/text/compare_text.ts';
import { BadFileError, FileChangedError } from './count_file.ts';
import type { GroupHourStream, GroupHours } from './group_hours.ts';

/** One day of a merge. */
export interface MergedDay {
  /**
   * Its streams, which share no group-hour; those of a file begin at this groupId or before it. A stream can throw a
   * FileChangedError or a BadFileError: then the merge opens the day again.
   */
  open(fromGroup: string): Promise<readonly GroupHourStream[]>;
  /** This version of its file is damaged: it must not be opened again. */
  isDamaged(version: string): void;
}

type Reopening = FileChangedError | BadFileError;

/** Few: the rows of a page are garbage before V8 moves them to its old objects. With 1,000 a run took 1.4 times the CPU time. */
const PAGE_ROWS = 200;
/** A group-hour of more rows is given in pieces. If its file changes between two of them, the merge fails. */
const MAX_HELD_ROWS = 20_000;

/**
 * The rows of days, oldest first, in the order of scoring: by group, then by time. Holds a page of each stream. A day whose file
 * changes meanwhile is opened again, and the merge goes on at the same group-hour: each group-hour comes from one version.
 */
export async function* mergeGroupHours(days: readonly MergedDay[]): AsyncGenerator<readonly Counted[]> {
  const cursors = new Cursors(days);
  try {
    await cursors.begin();
    let page: Counted[] = [];
    let start = 0;
    let [groupId, hour] = ['', -1];
    let isSplit = false;
    for (let cursor = cursors.first; cursor !== undefined; cursor = cursors.first) {
      if (cursor.groupId !== groupId || cursor.hour !== hour) {
        ({ groupId, hour } = cursor);
        isSplit = false;
        if (page.length >= PAGE_ROWS) {
          yield page;
          page = [];
        }
        start = page.length;
      } else if (page.length - start > MAX_HELD_ROWS) {
        yield page;
        page = [];
        start = 0;
        isSplit = true;
      }
      cursor.page.take(page);
      // A promise only at the end of a page: an await for each group-hour would take longer than its rows.
      if (cursor.isWithinPage()) {
        cursors.settleFirst();
        continue;
      }
      const change = await cursors.turnFirst();
      if (change === null) continue;
      if (isSplit) throw change;
      page.length = start;
      cursors.note(cursor.day, change);
      await cursors.reopen(cursor.day, groupId, hour);
    }
    if (page.length > 0) yield page;
  } finally {
    await cursors.close();
  }
}

/** Where a stream stands. */
class Cursor {
  readonly day: number;
  readonly #stream: GroupHourStream;
  page: GroupHours = EMPTY;

  constructor(day: number, stream: GroupHourStream) {
    this.day = day;
    this.#stream = stream;
  }

  get groupId(): string {
    return this.page.groupId;
  }

  /** Counted over the days. */
  get hour(): number {
    return 24 * this.day + this.page.hour;
  }

  /** Moves to the first group-hour of the page that the stream gives; false where the page has no more. */
  isWithinPage(): boolean {
    const { accepts } = this.#stream;
    if (accepts !== null) while (this.groupId !== '' && !accepts(this.groupId, this.page.hour)) this.page.skip();
    return this.groupId !== '';
  }

  /** Moves to the next page that has something to give; false at the end. */
  async turn(): Promise<boolean> {
    do {
      const { done, value } = await this.#stream.pages.next();
      if (done) return false;
      this.page = value;
    } while (!this.isWithinPage());
    return true;
  }

  async close(): Promise<void> {
    await this.#stream.pages.return?.();
  }
}

const EMPTY: GroupHours = { groupId: '', hour: 0, take: () => {}, skip: () => {} };

/** The cursors of all streams in a binary heap: the first one has the least group-hour. */
class Cursors {
  readonly #days: readonly MergedDay[];
  #heap: Cursor[] = [];

  constructor(days: readonly MergedDay[]) {
    this.#days = days;
  }

  get first(): Cursor | undefined {
    return this.#heap[0];
  }

  async begin(): Promise<void> {
    for (const day of this.#days.keys()) await this.reopen(day, '', -1);
  }

  /** Opens a day, in the place of the cursors that it has, and moves them to a group-hour. */
  async reopen(day: number, groupId: string, hour: number): Promise<void> {
    const left = this.#heap.filter((cursor) => cursor.day === day);
    const kept = this.#heap.filter((cursor) => cursor.day !== day);
    for (const cursor of left) await cursor.close();
    for (;;) {
      const opened = await this.#opened(day, groupId, hour);
      // It changed again.
      if (opened === null) continue;
      this.#heap = [...kept, ...opened].sort(compare);
      return;
    }
  }

  async #opened(day: number, groupId: string, hour: number): Promise<Cursor[] | null> {
    const streams = (await this.#days[day]?.open(groupId)) ?? [];
    const cursors = streams.map((stream) => new Cursor(day, stream));
    try {
      const opened: Cursor[] = [];
      for (const cursor of cursors) if (await movedTo(cursor, groupId, hour)) opened.push(cursor);
      return opened;
    } catch (error) {
      for (const cursor of cursors) await cursor.close();
      if (!isReopening(error)) throw error;
      this.note(day, error);
      return null;
    }
  }

  /** Takes note of why a day is opened again. */
  note(day: number, reason: Reopening): void {
    if (reason instanceof BadFileError) this.#days[day]?.isDamaged(reason.version);
  }

  /** The first cursor has another group-hour within its page. */
  settleFirst(): void {
    const heap = this.#heap;
    const cursor = heap[0] as Cursor;
    let n = 0;
    for (;;) {
      let child = 2 * n + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && compare(heap[child + 1] as Cursor, heap[child] as Cursor) < 0) child++;
      if (compare(cursor, heap[child] as Cursor) <= 0) break;
      heap[n] = heap[child] as Cursor;
      n = child;
    }
    heap[n] = cursor;
  }

  /** Moves the first cursor to its next page, or removes it at its end. Returns the error where its file has to be opened again. */
  async turnFirst(): Promise<Reopening | null> {
    try {
      const hasMore = await (this.#heap[0] as Cursor).turn();
      if (!hasMore) {
        const last = this.#heap.pop() as Cursor;
        if (this.#heap.length === 0) return null;
        this.#heap[0] = last;
      }
      this.settleFirst();
      return null;
    } catch (error) {
      if (isReopening(error)) return error;
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const cursor of this.#heap) await cursor.close();
  }
}

function isReopening(error: unknown): error is Reopening {
  return error instanceof FileChangedError || error instanceof BadFileError;
}

/** Moves a new cursor to a group-hour, or to the first one after it; false at the end. */
async function movedTo(cursor: Cursor, groupId: string, hour: number): Promise<boolean> {
  if (!(await cursor.turn())) return false;
  while (cursor.groupId < groupId || (cursor.groupId === groupId && cursor.hour < hour)) {
    cursor.page.skip();
    if (!cursor.isWithinPage() && !(await cursor.turn())) return false;
  }
  return true;
}

function compare(a: Cursor, b: Cursor): number {
  return compareText(a.groupId, b.groupId) || a.hour - b.hour;
}
