/**
 * The storage of one partition, as small as it can be: two days of two hours, and at most 30 rows. A set of rows is a number with a bit for
 * each row. Rows are numbered in the order of scoring: by group, then by day and hour.
 */
export interface Store {
  readonly days: readonly DayStore[];
  /** Source of versions. */
  readonly clock: number;
  /** All rows that were ever counted. */
  readonly written: number;
}

export interface DayStore {
  readonly hasTable: boolean;
  readonly rows: number;
  readonly entries: readonly Entry[];
  readonly file: ModelFile | null;
  /** Nothing is counted into it any more. */
  readonly isClosed: boolean;
  /** The only copy was lost: a run must name the day. */
  readonly isLost: boolean;
}

/** A touched entry: `group` is null for all groups of the hour. */
export interface Entry {
  readonly hour: number;
  readonly group: number | null;
  readonly segment: number;
  readonly version: number;
}

export interface ModelFile {
  readonly version: number;
  readonly parts: readonly Part[];
  readonly isMarked: boolean;
}

/** `hour`: of the day, or `WHOLE_DAY`. */
export interface Part {
  readonly hour: number;
  readonly rows: number;
}

export const HOURS = 2;
/** The number of a part that has all hours. */
export const WHOLE_DAY = 2;
export const ALL_HOURS = [0, 2 * HOURS - 1] as const;

export interface Row {
  readonly group: number;
  readonly day: number;
  readonly hour: number;
}

/** Rows of a scenario, and the sets of them that the programs need. */
export class Rows {
  readonly list: readonly Row[];
  readonly names: readonly string[];

  constructor(rows: readonly Row[]) {
    this.list = [...rows].sort((a, b) => a.group - b.group || hourOf(a) - hourOf(b));
    this.names = this.list.map((row, n) => `${'abc'[row.group]}${row.day}${row.hour}${'-+*'[this.#nth(row, n)]}`);
  }

  #nth(row: Row, n: number): number {
    return this.list.slice(0, n).filter((other) => other.group === row.group && hourOf(other) === hourOf(row)).length;
  }

  where(accepts: (row: Row) => boolean): number {
    return this.list.reduce((bits, row, n) => (accepts(row) ? bits | (1 << n) : bits), 0);
  }

  /** The rows of a group and hour, and those before it, of the row with this number. */
  groupHourOf(n: number): { readonly own: number; readonly before: number } {
    const { group, day, hour } = this.list[n] as Row;
    const own = this.where((row) => row.group === group && row.day === day && row.hour === hour);
    return { own, before: lowest(own) - 1 };
  }

  text(bits: number): string {
    return this.names.filter((_, n) => bits & (1 << n)).join(' ') || 'none';
  }
}

/** Hours since the beginning of the first day. */
export function hourOf({ day, hour }: Pick<Row, 'day' | 'hour'>): number {
  return day * HOURS + hour;
}

/** The set of its first row alone; 0 of none. */
export function lowest(bits: number): number {
  return bits & -bits;
}

/** The number of the only row of a set. */
export function numberOf(bit: number): number {
  return 31 - Math.clz32(bit);
}

export function rowsOfFile(file: ModelFile): number {
  return file.parts.reduce((bits, part) => bits | part.rows, 0);
}

/** The store with another state of one day; `ticks` where something got a new version. */
export function withDay(store: Store, day: number, changes: Partial<DayStore>, ticks = 0): Store {
  const days = store.days.map((each, n) => (n === day ? { ...each, ...changes } : each));
  return { ...store, days, clock: store.clock + ticks };
}

export function dayOf(store: Store, day: number): DayStore {
  return store.days[day] as DayStore;
}

export function groupsOf(rows: Rows): number[] {
  return [...new Set(rows.list.map(({ group }) => group))];
}

/** Whether entries replace the rows of a group in an hour. */
export function replacedBy(entries: readonly Entry[], rows: Rows): (hour: number, group: number) => boolean {
  return (hour, group) =>
    groupsOf(rows).includes(group) &&
    entries.some((entry) => entry.hour === hour && (entry.group === null || entry.group === group));
}
