import type { Holding } from './conditions.ts';
import type { Known, RunActor } from './model_run.ts';
import {
  dayOf,
  type Entry,
  hourOf,
  lowest,
  numberOf,
  type Rows,
  replacedBy,
  type Store,
  WHOLE_DAY,
} from './model_store.ts';
import type { Step } from './search.ts';

/** The merge of a window: the streams of its days, of which the one with the first row gives it. */
export interface Merging extends Known {
  readonly at: 'merge';
  /** Days that are still to be opened. */
  readonly toOpen: readonly number[];
  /** How far a run that writes nothing is with opening a day. */
  readonly opening: Opening | null;
  /** Rows before the group and hour in hand: a day that is opened again gives none of them. */
  readonly passed: number;
  /** Of the group and hour in hand. */
  readonly inHand: number;
  readonly streams: readonly Stream[];
  /** The stream whose next row is read. */
  readonly reads: number;
  readonly taken: number;
  readonly isTwice: boolean;
}

interface Opening {
  /** What it reads next. */
  readonly next: 'entries' | 'file' | 'table';
  readonly entries: readonly Entry[];
  readonly parts: readonly OpenedPart[] | null;
}

interface OpenedPart {
  readonly version: number;
  readonly hour: number;
  readonly rows: number;
}

/** A part of a file, or an hour of a table. A page is one row. */
interface Stream {
  readonly day: number;
  /** null for the table. */
  readonly version: number | null;
  readonly hour: number;
  /** The rows that it may still give. */
  readonly left: number;
  /** The row that it has read; 0 for none. */
  readonly head: number;
  /** A stream of the table at its end: the table must still be there. */
  readonly isChecking: boolean;
  /** All of it was read when the file was opened. */
  readonly isHeld: boolean;
}

/** The run goes on with another step of the merge, ends, or brings a file up to date first. */
export type MergeNext =
  | Merging
  | { readonly at: 'refresh'; readonly known: Known; readonly day: number; readonly back: Merging };

export function mergeFrom(actor: RunActor, known: Known, rows: Rows): Merging | null {
  const inWindow = windowOf(actor, rows);
  const days = [...new Set(rows.list.filter((_, n) => inWindow & (1 << n)).map(({ day }) => day))].sort();
  const { before, lost, tables, marked, gaps } = known;
  return {
    at: 'merge',
    before,
    lost,
    tables,
    marked,
    gaps,
    toOpen: days,
    opening: null,
    passed: 0,
    inHand: 0,
    streams: [],
    reads: -1,
    taken: 0,
    isTwice: false,
  };
}

export function windowOf({ window: [first, last] }: RunActor, rows: Rows): number {
  return rows.where((row) => hourOf(row) >= first && hourOf(row) <= last);
}

export function mergeStep(actor: RunActor, store: Store, merging: Merging, rows: Rows, has: Holding): Step<MergeNext> {
  const [day] = merging.toOpen;
  if (day === undefined) return read(actor, store, merging, rows, has);
  const isOverlaid = actor.does === 'overlay' || merging.marked.includes(day);
  return isOverlaid ? overlay(actor, store, merging, day, rows, has) : open(actor, store, merging, day, rows);
}

/** Opens the file of a day. */
function open(actor: RunActor, store: Store, merging: Merging, day: number, rows: Rows): Step<MergeNext> {
  const { file } = dayOf(store, day);
  if (file !== null) {
    const may = allowed(actor, merging, rows);
    const streams = file.parts.map((part) => streamOf(actor, day, { ...part, version: file.version }, may));
    return [`opens the file of day ${day}`, store, opened(merging, streams, rows)];
  }
  if (!merging.tables.includes(day)) return gap(`finds no file of day ${day}`, store, merging, day, rows);
  return [`finds no file of day ${day}`, store, { at: 'refresh', known: merging, day, back: merging }];
}

/** Opens a day of which nothing may be written: the entries, then the file. What the entries name comes from the table. */
function overlay(
  actor: RunActor,
  store: Store,
  merging: Merging,
  day: number,
  rows: Rows,
  has: Holding,
): Step<MergeNext> {
  const { entries, file, hasTable } = dayOf(store, day);
  const first: Opening = { next: has.entriesBeforeFile ? 'entries' : 'file', entries: [], parts: null };
  const opening = merging.opening ?? first;
  const isLast = merging.opening !== null;
  const hadTable = merging.tables.includes(day);
  const goOn = (what: string, now: Opening): Step<MergeNext> => {
    if (now.next !== 'table') return [what, store, { ...merging, opening: now }];
    if (now.parts === null && hadTable) return [what, store, { ...merging, opening: now }];
    if (now.parts === null) return gap(what, store, merging, day, rows);
    return [what, store, opened(merging, overlaid(actor, merging, day, now, rows), rows)];
  };
  switch (opening.next) {
    case 'entries': {
      const read = hadTable ? entries : [];
      return goOn(`reads ${read.length} entries of day ${day}`, {
        ...opening,
        entries: read,
        next: isLast ? 'table' : 'file',
      });
    }
    case 'file': {
      const parts = file?.parts.map((part) => ({ ...part, version: file.version })) ?? null;
      const what = parts === null ? `finds no file of day ${day}` : `opens the file of day ${day}`;
      return goOn(what, { ...opening, parts, next: isLast ? 'table' : 'entries' });
    }
    case 'table': {
      const what = `finds ${hasTable ? 'the' : 'no'} table of day ${day}`;
      if (hasTable) return [what, store, opened(merging, overlaid(actor, merging, day, opening, rows), rows)];
      const without = { ...merging, tables: merging.tables.filter((each) => each !== day), opening: null };
      return has.fileAgain ? [what, store, without] : gap(what, store, merging, day, rows);
    }
  }
}

/** The streams of a day: the file, but for what the entries name; that comes from the table. */
function overlaid(actor: RunActor, merging: Merging, day: number, { entries, parts }: Opening, rows: Rows): Stream[] {
  const may = allowed(actor, merging, rows);
  const replaced = parts === null ? () => true : replacedBy(entries, rows);
  const fromTable = rows.where((row) => row.day === day && replaced(row.hour, row.group));
  const ofTable = [...Array(WHOLE_DAY).keys()].map((hour): Stream => {
    const left = fromTable & may & rows.where((row) => row.hour === hour);
    return { day, version: null, hour, left, head: 0, isChecking: false, isHeld: false };
  });
  return [...(parts ?? []).map((part) => streamOf(actor, day, part, may & ~fromTable)), ...ofTable];
}

function gap(what: string, store: Store, merging: Merging, day: number, rows: Rows): Step<MergeNext> {
  return [`${what}: names it`, store, opened({ ...merging, gaps: [...merging.gaps, day] }, [], rows)];
}

/** What a day that is opened now may give. */
function allowed(actor: RunActor, { passed }: Merging, rows: Rows): number {
  return windowOf(actor, rows) & ~passed;
}

function streamOf({ holdsFiles }: RunActor, day: number, { version, hour, rows }: OpenedPart, may: number): Stream {
  return { day, version, hour, left: rows & may, head: 0, isChecking: false, isHeld: holdsFiles };
}

function opened(merging: Merging, streams: readonly Stream[], rows: Rows): Merging {
  return advance(
    { ...merging, toOpen: merging.toOpen.slice(1), opening: null, streams: [...merging.streams, ...streams] },
    rows,
  );
}

/** Goes on until something has to be read: takes rows while each stream has its first one. */
function advance(merging: Merging, rows: Rows): Merging {
  let { taken, isTwice, passed, inHand } = merging;
  if (merging.toOpen.length > 0) return merging;
  let streams = merging.streams.map(withHead).filter(isAlive);
  for (;;) {
    const unread = streams.findIndex(({ head }) => head === 0);
    if (unread >= 0) return { ...merging, streams, taken, isTwice, passed, inHand, reads: unread };
    if (streams.length === 0) return { ...merging, streams, taken, isTwice, passed, inHand, reads: -1 };
    const first = streams.reduce((least, each) => (each.head < least.head ? each : least));
    const { own, before } = rows.groupHourOf(numberOf(first.head));
    isTwice ||= (taken & first.head) !== 0;
    taken |= first.head;
    [passed, inHand] = [before, own];
    streams = streams.map((each) => (each === first ? withHead({ ...each, head: 0 }) : each)).filter(isAlive);
  }
}

/** A stream that holds all of its rows needs no request for the next one. */
function withHead(stream: Stream): Stream {
  if (!stream.isHeld || stream.head !== 0) return stream;
  const head = lowest(stream.left);
  return { ...stream, head, left: stream.left & ~head };
}

/** A stream of a file is over with its last row; one of a table knows so only by asking. */
function isAlive({ left, head }: Stream): boolean {
  return head !== 0 || left !== 0;
}

function read(actor: RunActor, store: Store, merging: Merging, rows: Rows, has: Holding): Step<MergeNext> {
  const stream = merging.streams[merging.reads];
  if (stream === undefined) return end(actor, store, merging, rows);
  const { day, version, hour } = stream;
  const { file, rows: stored, hasTable } = dayOf(store, day);
  const withStream = (changes: Partial<Stream>) =>
    advance(
      { ...merging, streams: merging.streams.map((each) => (each === stream ? { ...each, ...changes } : each)) },
      rows,
    );
  if (version === null) {
    if (stream.isChecking) {
      if (hasTable || !has.tableAfterItsRows) return [`finds the table of day ${day}`, store, withStream({ left: 0 })];
      return [`finds no table of day ${day}`, store, reopened(merging, stream, rows, has)];
    }
    const head = lowest(stored & stream.left);
    if (head === 0)
      return [`reads day ${day}, hour ${hour} of the table: no more`, store, withStream({ isChecking: true })];
    // Its end is seen by one more request: `left` keeps the row that was read.
    return [
      `reads row ${rows.text(head)} of the table`,
      store,
      withStream({ head, left: (stream.left & ~(2 * head - 1)) | LAST }),
    ];
  }
  if (file?.version !== version && has.readUnderVersion) {
    return [`the file of day ${day} has another version`, store, reopened(merging, stream, rows, has)];
  }
  const part = file?.parts.find((each) => each.hour === hour);
  const head = lowest((file?.version === version ? stream.left : (part?.rows ?? 0)) & stream.left);
  if (head === 0) return [`reads day ${day}: no more`, store, withStream({ left: 0 })];
  return [`reads row ${rows.text(head)} of the file`, store, withStream({ head, left: stream.left & ~(2 * head - 1) })];
}

/** Ends, and says what is wrong with what it gave. */
function end(
  actor: RunActor,
  store: Store,
  { before, lost, taken, isTwice, gaps }: Merging,
  rows: Rows,
): Step<MergeNext> {
  const there = rows.where(({ day }) => !dayOf(store, day).isLost);
  const lacks = before & windowOf(actor, rows) & ~taken & there;
  const unnamed = lost.filter((day) => !gaps.includes(day));
  if (isTwice) return ['ends', store, null, 'gives a row twice'];
  if (lacks !== 0) return ['ends', store, null, `lacks ${rows.text(lacks)}`];
  if (unnamed.length > 0) return ['ends', store, null, `does not name day ${unnamed[0]}, which is lost`];
  return ['ends', store, null];
}

/** No row has this number: a stream of a table that has not seen its end. */
const LAST = 1 << 30;

/** Opens the day of a stream again, and goes on at the group and hour in hand. */
function reopened(merging: Merging, stream: Stream, rows: Rows, has: Holding): Merging {
  const { inHand, taken } = merging;
  const isDropped = (each: Stream) => each === stream || (has.leavesOldParts && each.day === stream.day);
  const streams = merging.streams.filter((each) => !isDropped(each));
  const passed = has.goesOnAtHour ? merging.passed : merging.passed & ~ofSameGroup(inHand, rows);
  return {
    ...merging,
    streams,
    toOpen: [stream.day],
    passed,
    taken: has.beginsHourAgain ? taken & ~inHand : taken,
  };
}

function ofSameGroup(inHand: number, rows: Rows): number {
  const first = rows.list[numberOf(lowest(inHand))];
  return first === undefined ? 0 : rows.where(({ group }) => group === first.group);
}
