import type { Holding } from './conditions.ts';
import { dayOf, type Entry, type Row, type Rows, type Store, withDay } from './model_store.ts';
import type { Step } from './search.ts';

/** Writes its rows, a transaction for each, and may be abandoned after any of them; nobody repeats it then. */
export interface IngestActor {
  readonly kind: 'ingest';
  readonly rows: readonly number[];
  readonly segment: number;
  /** Whether an entry names a group in an hour. */
  readonly byGroup: boolean;
  readonly mayBeAbandoned: boolean;
}

/** How many rows it has written. */
export type IngestPosition = number;

export function* ingest(
  actor: IngestActor,
  store: Store,
  written: IngestPosition,
  rows: Rows,
  has: Holding,
): Generator<Step<IngestPosition>> {
  const n = actor.rows[written];
  if (n === undefined) {
    // Without the condition: the entries of all rows, at the end.
    let after = store;
    for (const each of actor.rows) after = withEntry(after, actor, rows.list[each] as Row);
    yield ['writes its entries', after, null];
    return;
  }
  const row = rows.list[n] as Row;
  const day = dayOf(store, row.day);
  const isLast = written + 1 === actor.rows.length;
  const next = isLast && has.entryWithRows ? null : written + 1;
  if (day.isClosed && has.closedTakesNoRows) {
    yield [`row ${rows.names[n]}: its day is closed`, store, next];
    return;
  }
  const stored = withDay({ ...store, written: store.written | (1 << n) }, row.day, {
    hasTable: true,
    rows: day.rows | (1 << n),
  });
  const after = has.entryWithRows ? withEntry(stored, actor, row) : stored;
  const what = `writes row ${rows.names[n]}${has.entryWithRows ? ' and its entry' : ''}`;
  yield [what, after, next];
  if (actor.mayBeAbandoned && next !== null) yield [`${what}, and is abandoned`, after, null];
}

function withEntry(store: Store, { segment, byGroup }: IngestActor, row: Row): Store {
  const entry: Entry = {
    hour: row.hour,
    group: byGroup ? row.group : null,
    segment,
    version: store.clock + 1,
  };
  const others = dayOf(store, row.day).entries.filter((each) => !isSame(each, entry));
  return withDay(store, row.day, { entries: [...others, entry].sort(byName) }, 1);
}

/** Whether two entries have the same key. */
export function isSame(a: Entry, b: Entry): boolean {
  return a.hour === b.hour && a.group === b.group && a.segment === b.segment;
}

function byName(a: Entry, b: Entry): number {
  return a.hour - b.hour || (a.group ?? -1) - (b.group ?? -1) || a.segment - b.segment;
}
