import { bin } from '../../core/kql/bin.ts';
import type { Counted } from '../../core/records/contribution.ts';

/**
 * A page of rows in order of groupId and time, walked group-hour by group-hour: the rows of one group in one hour, as far as
 * they are in the page. It begins at the first one.
 */
export interface GroupHours {
  /** 32 hex digits; '' at the end of the page. */
  readonly groupId: string;
  /** 0 to 23. */
  readonly hour: number;
  /** Adds the rows of this group-hour to a list, and moves to the next one. */
  take(rows: Counted[]): void;
  /** Moves to the next group-hour. */
  skip(): void;
}

/** Rows in a stream of pages. */
export interface GroupHourStream {
  readonly pages: AsyncIterator<GroupHours>;
  /** Whether the stream gives the rows of a group-hour; null: of all. It skips the others. */
  readonly accepts: ((groupId: string, hour: number) => boolean) | null;
}

/** The hour of the day of a row, 0 to 23. */
export function hourOfDay({ Timestamp }: Pick<Counted, 'Timestamp'>): number {
  return Number(Timestamp.slice(11, 13));
}

/** A page of rows, as a table gives them. */
export class RowPage implements GroupHours {
  readonly #rows: readonly Counted[];
  #at = 0;
  groupId = '';
  hour = 0;

  constructor(rows: readonly Counted[]) {
    this.#rows = rows;
    this.#settle();
  }

  take(rows: Counted[]): void {
    for (const end = this.#end(); this.#at < end; this.#at++) rows.push(this.#rows[this.#at] as Counted);
    this.#settle();
  }

  skip(): void {
    this.#at = this.#end();
    this.#settle();
  }

  #settle(): void {
    const row = this.#rows[this.#at];
    this.groupId = row?.groupId ?? '';
    this.hour = row ? hourOfDay(row) : 0;
  }

  #end(): number {
    const first = this.#rows[this.#at] as Counted;
    const hour = bin(first.Timestamp, '1h');
    let end = this.#at + 1;
    for (let row = this.#rows[end]; row !== undefined; row = this.#rows[++end]) {
      if (row.groupId !== first.groupId || bin(row.Timestamp, '1h') !== hour) break;
    }
    return end;
  }
}

/** The same rows, page by page. */
export async function* pagesOfRows(rows: AsyncIterable<readonly Counted[]>): AsyncGenerator<GroupHours> {
  for await (const page of rows) if (page.length > 0) yield new RowPage(page);
}
