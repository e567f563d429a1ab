import type { Holding } from './conditions.ts';
import { isSame } from './model_ingest.ts';
import { type Merging, mergeFrom, mergeStep } from './model_merge.ts';
import {
  dayOf,
  type Entry,
  groupsOf,
  HOURS,
  type ModelFile,
  type Part,
  type Rows,
  replacedBy,
  rowsOfFile,
  type Store,
  WHOLE_DAY,
  withDay,
} from './model_store.ts';
import type { Step } from './search.ts';

/** A run: it brings the files up to date, then merges the window. */
export interface RunActor {
  readonly kind: 'run';
  /** `refresh`: it only brings the files up to date. `overlay`: it only merges, and writes nothing, as a what-if. */
  readonly does: 'refresh' | 'all' | 'overlay';
  /** The days before this one have ended. */
  readonly endedBefore: number;
  /** Hours of its window, both included. */
  readonly window: readonly [first: number, last: number];
  /** Its files are small: the first request reads a whole file. */
  readonly holdsFiles: boolean;
}

/** What a run knows from its beginning. */
export interface Known {
  /** The rows that were counted before it began. */
  readonly before: number;
  /** Days whose only copy was gone by then. */
  readonly lost: readonly number[];
  /** Days that had a table. */
  readonly tables: readonly number[];
  /** Days whose file it must not write. */
  readonly marked: readonly number[];
  /** Days that it has to name. */
  readonly gaps: readonly number[];
}

/** One page of the table: a group in an hour; -1 for all of a day. */
type PageRead = readonly [hour: number, group: number];

interface Refreshing extends Known {
  readonly day: number;
  /** Where it goes on: the merge that waits for the file; null for the next day. */
  readonly back: Merging | null;
  readonly entries: readonly Entry[];
  readonly file: ModelFile | null;
  readonly version: number | null;
  /** What it still reads, and what it has read. */
  readonly pages: readonly PageRead[];
  readonly read: number;
}

export type RunPosition =
  | { readonly at: 'begin' }
  | ({ readonly at: 'entries' | 'file' | 'page' | 'version' | 'table' | 'put' | 'settle' } & Refreshing)
  | Merging;

export const RUN_START: RunPosition = { at: 'begin' };

export function* run(
  actor: RunActor,
  store: Store,
  position: RunPosition,
  rows: Rows,
  has: Holding,
): Generator<Step<RunPosition>> {
  if (position.at === 'begin') {
    const days = [...store.days.keys()];
    const tables = days.filter((day) => dayOf(store, day).hasTable);
    const lost = days.filter((day) => dayOf(store, day).isLost);
    const known: Known = { before: store.written, lost, tables, marked: [], gaps: [] };
    yield ['lists the tables', store, nextDay(actor, known, -1, rows)];
  } else if (position.at === 'merge') {
    const [what, after, next, fault] = mergeStep(actor, store, position, rows, has);
    const isRefresh = next?.at === 'refresh';
    yield [what, after, isRefresh ? refreshing(next.known, next.day, next.back) : next, fault];
  } else yield* REFRESH[position.at]({ actor, store, position, rows, has });
}

function nextDay(actor: RunActor, known: Known, last: number, rows: Rows): RunPosition | null {
  const day = known.tables.find((each) => each > last);
  if (actor.does !== 'overlay' && day !== undefined) return refreshing(known, day, null);
  return actor.does === 'refresh' ? null : mergeFrom(actor, known, rows);
}

function refreshing(known: Known, day: number, back: Merging | null): RunPosition {
  const nothing = { entries: [], file: null, version: null, pages: [], read: 0 };
  return { at: 'entries', ...knownOf(known), day, back, ...nothing };
}

function knownOf({ before, lost, tables, marked, gaps }: Known): Known {
  return { before, lost, tables, marked, gaps };
}

interface Moment {
  readonly actor: RunActor;
  readonly store: Store;
  readonly position: Refreshing;
  readonly rows: Rows;
  readonly has: Holding;
}

type RefreshAt = Exclude<RunPosition['at'], 'begin' | 'merge'>;

/** The day goes on with another request. */
function goOn(
  { position, store }: Moment,
  what: string,
  at: RefreshAt,
  changes: Partial<Refreshing> = {},
  after = store,
): Step<RunPosition> {
  return [`day ${position.day}: ${what}`, after, { ...position, ...changes, at }];
}

/** The day is done. */
function done(
  { actor, position, rows, store }: Moment,
  what: string,
  changes: Partial<Known> = {},
  after = store,
): Step<RunPosition> {
  const { day, back } = position;
  const known = knownOf({ ...position, ...changes });
  return [`day ${day}: ${what}`, after, back === null ? nextDay(actor, known, day, rows) : { ...back, ...known }];
}

function dies({ position, store }: Moment, after = store): Step<RunPosition> {
  return [`day ${position.day}: dies`, after, null];
}

/** The requests with which a day is brought up to date, in their order. */
const REFRESH: Readonly<Record<RefreshAt, (moment: Moment) => Iterable<Step<RunPosition>>>> = {
  *entries(moment) {
    const { entries } = dayOf(moment.store, moment.position.day);
    yield goOn(moment, `reads ${entries.length} entries`, 'file', { entries });
  },

  *file(moment) {
    const { actor, store, position, rows, has } = moment;
    const { day, entries, marked } = position;
    const { file } = dayOf(store, day);
    if (file?.isMarked && has.markedIsLeftAlone) {
      yield done(moment, 'finds a marked file', { marked: [...marked, day] });
      return;
    }
    const isOne = file?.parts.every(({ hour }) => hour === WHOLE_DAY) === true;
    if (file !== null && entries.length === 0 && (day >= actor.endedBefore || isOne)) {
      yield done(moment, 'has nothing to do');
      return;
    }
    const pages = file === null ? wholeDay(rows) : pagesOf(entries, rows);
    const version = file?.version ?? null;
    yield goOn(moment, 'reads the file', pages.length > 0 ? 'page' : 'put', { file, version, pages, read: 0 });
  },

  *page(moment) {
    const { store, position, rows, has } = moment;
    const [[hour, group], ...pages] = position.pages as [PageRead, ...PageRead[]];
    const { day, file } = position;
    const page =
      dayOf(store, day).rows & rows.where((row) => row.day === day && row.hour === hour && row.group === group);
    const isLookedFor = file === null && has.builtWhileTableIsThere;
    const last = has.versionBeforeRows ? (isLookedFor ? 'table' : 'put') : 'version';
    const read = position.read | page;
    yield goOn(moment, `reads rows ${rows.text(page)}`, pages.length > 0 ? 'page' : last, { pages, read });
  },

  *version(moment) {
    const { file } = dayOf(moment.store, moment.position.day);
    yield goOn(moment, 'reads the version of the file', 'put', { version: file?.version ?? null });
  },

  *table(moment) {
    const { day, tables } = moment.position;
    if (dayOf(moment.store, day).hasTable) yield goOn(moment, 'finds the table', 'put');
    else yield done(moment, 'finds no table', { tables: tables.filter((each) => each !== day) });
  },

  *put(moment) {
    const { actor, store, position, rows, has } = moment;
    const { day, entries, version } = position;
    const { file, entries: stored } = dayOf(store, day);
    const isOnlyOne = entries.length === 0 && position.file !== null;
    const isUnder = isOnlyOne ? has.onePartUnderVersion : has.fileUnderVersion;
    if (isUnder && (file?.version ?? null) !== version) {
      yield goOn(moment, 'the file has another version: begins again', 'entries');
      return;
    }
    const parts = partsOf(position, day < actor.endedBefore, rows, has);
    const settled = has.entryAfterFile ? store : withDay(store, day, { entries: withoutRead(stored, entries, has) });
    const written = { version: store.clock + 1, isMarked: false, parts };
    const after = withDay(settled, day, { file: written }, 1);
    const what = `writes the file: ${rows.text(rowsOfFile(written))}`;
    if (entries.length > 0 && has.entryAfterFile) yield goOn(moment, what, 'settle', {}, after);
    else yield done(moment, what, {}, after);
    yield dies(moment, settled);
  },

  *settle(moment) {
    const { store, position, has } = moment;
    const entries = withoutRead(dayOf(store, position.day).entries, position.entries, has);
    yield done(moment, 'removes its entries', {}, withDay(store, position.day, { entries }));
    yield dies(moment);
  },
};

/** The entries that stay. */
function withoutRead(stored: readonly Entry[], read: readonly Entry[], has: Holding): Entry[] {
  const isRead = (entry: Entry) =>
    read.some((each) => isSame(each, entry) && (each.version === entry.version || !has.entryUnderVersion));
  return stored.filter((entry) => !isRead(entry));
}

function wholeDay(rows: Rows): PageRead[] {
  return Array.from({ length: HOURS }, (_, hour) => pagesOfHour(hour, rows)).flat();
}

/** A page for each group. */
function pagesOfHour(hour: number, rows: Rows): PageRead[] {
  return groupsOf(rows).map((group) => [hour, group]);
}

function pagesOf(entries: readonly Entry[], rows: Rows): PageRead[] {
  const replaced = replacedBy(entries, rows);
  return wholeDay(rows).filter(([hour, group]) => replaced(hour, group));
}

/** The parts of the file as it is written: what it held, but for what entries replace, and what was read. */
function partsOf({ day, file, entries, read }: Refreshing, hasEnded: boolean, rows: Rows, has: Holding): Part[] {
  const replaced = replacedBy(entries, rows);
  const isKept = rows.where((row) => row.day === day && !replaced(row.hour, row.group));
  const all = file === null ? read : (rowsOfFile(file) & isKept) | read;
  const wasOne = file?.parts.some(({ hour }) => hour === WHOLE_DAY) === true;
  if (hasEnded || (wasOne && has.staysOnePart)) return [{ hour: WHOLE_DAY, rows: all }];
  const ofHour = (hour: number): Part => ({
    hour,
    rows: all & rows.where((row) => row.day === day && row.hour === hour),
  });
  const changed = [...Array(HOURS).keys()].filter(
    (hour) => file === null || entries.some((entry) => entry.hour === hour),
  );
  const kept = file?.parts.filter(({ hour }) => !changed.includes(hour)) ?? [];
  return [...kept, ...changed.map(ofHour)].sort((a, b) => a.hour - b.hour);
}
