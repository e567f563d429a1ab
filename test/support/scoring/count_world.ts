import fc from 'fast-check';
import { bin } from '../../../src/core/kql/bin.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { addMs, type Timestamp, timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import type { Counted } from '../../../src/core/records/contribution.ts';
import { type Day, dayOf } from '../../../src/core/records/day.ts';
import type { Window } from '../../../src/core/scoring/window.ts';
import type { FileSizes } from '../../../src/scoring/count_files/file_sizes.ts';
import type { DayStores } from '../../../src/scoring/count_files/refresh_day.ts';
import { type Gap, type WindowRowsOptions, windowRows } from '../../../src/scoring/count_files/window_rows.ts';
import { mergeHours } from '../../../src/scoring/merge_hours.ts';
import type { CountFiles } from '../../../src/storage/ports/count_files.ts';
import type { ContributionRow, HourlyCounts, Touched } from '../../../src/storage/ports/hourly_counts.ts';
import { contribution, groupId, P3 } from '../../contract/samples.ts';
import { MemoryCountFiles } from '../../fakes/count_files.ts';
import { MemoryHourlyCounts } from '../../fakes/hourly_counts.ts';
import { kept, sorted } from './count_rows.ts';
import type { ExportSide } from './export_actors.ts';

export const START_MS = Date.UTC(2026, 10, 20);
/** So many hours after midnight of the first day. */
export const at = (hours: number): Timestamp => timestampFromMs(START_MS + hours * HOUR_MS);
/** So that a few rows have frames, reads and blocks of all kinds. */
export const TINY: FileSizes = { first: 400, read: 150, block: 120, frameRows: 3, frameText: 2000 };
const LOOKBACK_MS = 2 * DAY_MS;

/** Lets one call to storage happen: now, later, or never. */
export type Step = <T>(call: string, run: () => Promise<T>) => Promise<T>;

/** A worker died: it calls nothing any more. */
export class Death extends Error {}

export interface World {
  readonly hourlyCounts: HourlyCounts;
  readonly countFiles: CountFiles;
  /** Exports that the real ingest reads; null where rows are written without it. */
  readonly exports: ExportSide | null;
  /** Nothing is counted into the first day any more. */
  isClosed: boolean;
  /** The rows of the first day when its table was removed. */
  sealed: Counted[];
}

export const FIRST_DAY = '2026-11-20' as Day;

/** Empty stores: in memory, or others. */
export function newWorld(
  { hourlyCounts, countFiles }: DayStores = {
    hourlyCounts: new MemoryHourlyCounts(),
    countFiles: new MemoryCountFiles(),
  },
  exports: ExportSide | null = null,
): World {
  const world: World = { hourlyCounts, countFiles, exports, isClosed: false, sealed: [] };
  const removeDay = hourlyCounts.removeDay.bind(hourlyCounts);
  const seal = async (day: Day) => {
    const rows = (await Array.fromAsync(hourlyCounts.day(P3, day))).flat();
    await removeDay(day);
    world.sealed.push(...rows);
  };
  // One after the other: two sealers that see the same rows would note them twice.
  let last: Promise<unknown> = Promise.resolve();
  hourlyCounts.removeDay = async (day) => {
    const done = last.then(() => seal(day));
    last = done.catch(() => {});
    await done;
  };
  return world;
}

/** The same stores: each call, and each page of a listing, is a step. */
export function stepwise<Store extends object>(name: string, store: Store, step: Step): Store {
  return new Proxy(store, {
    get(target, key) {
      const call: unknown = Reflect.get(target, key);
      if (typeof call !== 'function') return call;
      return (...given: unknown[]) => {
        const label = `${name}.${String(key)}`;
        if (!LISTS.has(String(key))) return step(label, () => Reflect.apply(call, target, given) as Promise<unknown>);
        return steppedItems(label, () => Reflect.apply(call, target, given) as AsyncIterable<unknown>, step);
      };
    },
  });
}

const LISTS = new Set(['touched', 'hour', 'day', 'ofGroup', 'list']);

async function* steppedItems(label: string, open: () => AsyncIterable<unknown>, step: Step): AsyncGenerator<unknown> {
  let items: AsyncIterator<unknown> | undefined;
  for (;;) {
    const { done, value } = await step(label, () => {
      items ??= open()[Symbol.asyncIterator]();
      return items.next();
    });
    if (done) return;
    yield value;
  }
}

export function stepwiseStores(world: World, step: Step): DayStores {
  const { countFiles } = world;
  return {
    hourlyCounts: stepwise('rows', inSmallPages(refusing(world)), step),
    countFiles: stepwise('files', countFiles, step),
  };
}

/** Refuses rows of the first day once it is closed, as an ingest does that has read the boundary. The real one does so itself. */
function refusing(world: World): HourlyCounts {
  const { hourlyCounts } = world;
  if (world.exports !== null) return hourlyCounts;
  return new Proxy(hourlyCounts, {
    get(target, key) {
      const call: unknown = Reflect.get(target, key);
      if (key !== 'merge') return typeof call === 'function' ? call.bind(target) : call;
      return async (...given: Parameters<HourlyCounts['merge']>) =>
        given[1] === FIRST_DAY && world.isClosed ? 'closed' : hourlyCounts.merge(...given);
    },
  });
}

/** Two rows a page: what is written between two pages is in one of them or in none. */
function inSmallPages(counts: HourlyCounts): HourlyCounts {
  return new Proxy(counts, {
    get(target, key) {
      const call: unknown = Reflect.get(target, key);
      if (typeof call !== 'function') return call;
      if (!['hour', 'day', 'ofGroup'].includes(String(key))) return call.bind(target);
      return (...given: unknown[]) => halved(Reflect.apply(call, target, given) as AsyncIterable<readonly unknown[]>);
    },
  });
}

async function* halved(pages: AsyncIterable<readonly unknown[]>): AsyncGenerator<readonly unknown[]> {
  for await (const page of pages) for (let n = 0; n < page.length; n += 2) yield page.slice(n, n + 2);
}

/** The same store, but for these calls. */
export function changed<Store extends object>(store: Store, changes: Partial<Store>): Store {
  return new Proxy(store, {
    get: (target, key) => Reflect.get(changes, key) ?? Reflect.get(target, key),
  });
}

/** Rows of few groups and hours, so that they meet. `number` makes the row another one. */
export interface RowSpec {
  readonly group: number;
  readonly hour: number;
  readonly number: number;
}

export function rowOf({ group, hour, number }: RowSpec): ContributionRow {
  return contribution({
    groupId: groupId(group),
    DeviceName: `wks-${group}`,
    Timestamp: addMs(at(hour), 1000 * (number % 60) + (number % 3)),
    contribution: (group * 1000 + hour * 100_000 + number).toString(16).padStart(16, '0'),
    count: number,
  });
}

/** Rows of one day that one segment writes in one transaction, announced by hour or by group. */
export async function write(
  counts: HourlyCounts,
  rows: readonly ContributionRow[],
  segment: number,
  byGroup: boolean,
): Promise<void> {
  for (const [day, some] of Map.groupBy(rows, ({ Timestamp }) => dayOf(Timestamp))) {
    await counts.merge(P3, day, some, entriesOf(some, segment, byGroup), { mayCreate: true });
  }
}

export function entriesOf(rows: readonly ContributionRow[], segment: number, byGroup: boolean): Touched[] {
  const segmentId = segment.toString(16).padStart(32, '0');
  const entries = rows.map(
    (row): Touched => ({ hour: bin(row.Timestamp, '1h'), groupId: byGroup ? row.groupId : null, segmentId }),
  );
  return [...new Map(entries.map((entry) => [JSON.stringify(entry), entry])).values()];
}

export function windowUpTo(hour: number): Window {
  return { after: addMs(at(hour), -LOOKBACK_MS), asOf: at(hour) };
}

/** What a run reads. */
export async function read(
  stores: DayStores,
  hour: number,
  options: Partial<WindowRowsOptions> = {},
): Promise<{ rows: Counted[]; gaps: Gap[] }> {
  const gaps: Gap[] = [];
  const rows: Counted[] = [];
  const all: WindowRowsOptions = {
    mode: 'refresh',
    endedBefore: START_MS + hour * HOUR_MS,
    onGap: (gap) => gaps.push(gap),
    sizes: TINY,
    pause: async () => {},
    ...options,
  };
  for await (const page of windowRows(stores, P3, windowUpTo(hour), all)) rows.push(...page);
  return { rows: comparable(rows), gaps };
}

/** The slow twin: the whole table, sorted. What a file does not keep is dropped. */
export async function scan(world: World, hour: number): Promise<Counted[]> {
  const rows = (await Array.fromAsync(mergeHours(world.hourlyCounts, P3, windowUpTo(hour)))).flat();
  return world.sealed.length === 0 ? comparable(rows) : sorted([...comparable(rows), ...comparable(world.sealed)]);
}

/** What a file keeps: rows of the table have more. */
function comparable(
  rows: readonly (Counted & { readonly contribution?: string; readonly facts?: object })[],
): Counted[] {
  return kept(rows.map(({ contribution: _, facts: __, ...row }) => row));
}

/** The rows of the first list that the second one lacks; each row counts once. `textOf`: what makes two rows one. */
export function lacking(rows: readonly Counted[], others: readonly Counted[], textOf = keyOf): string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(textOf(row), (left.get(textOf(row)) ?? 0) + 1);
  return rows.map(textOf).filter((key) => {
    const more = left.get(key) ?? 0;
    left.set(key, more - 1);
    return more <= 0;
  });
}

function keyOf({ groupId, Timestamp, count }: Counted): string {
  return `${groupId.slice(-2)} ${Timestamp} ${count}`;
}

/** All that a file keeps: a reader that was corrected changes more than the count. */
export function wholeText(row: Counted): string {
  return `${keyOf(row)} ${row.failed} ${row.programHash} ${row.source} ${row.DeviceName}`;
}

export const anyRowSpec: fc.Arbitrary<RowSpec> = fc.record({
  group: fc.integer({ min: 1, max: 4 }),
  hour: fc.constantFrom(22, 23, 24, 25, 26),
  number: fc.integer({ min: 1, max: 9 }),
});
