import { describe, expect, it } from 'vitest';
import type { Hour } from '../../../src/core/kql/bin.ts';
import { addMs, timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import type { Day } from '../../../src/core/records/day.ts';
import {
  type BatchOptions,
  BatchWriter,
  type LocatedRefusal,
  type LocatedRow,
  type NotStored,
} from '../../../src/ingest/batch_writer.ts';
import { partitionOf } from '../../../src/storage/keys.ts';
import type { RecordPlace } from '../../../src/storage/ports/dead_letters.ts';
import type {
  ContributionRow,
  HourlyCounts,
  Partition,
  Refusal,
  Touched,
} from '../../../src/storage/ports/hourly_counts.ts';
import { MemoryHourlyCounts } from '../../fakes/hourly_counts.ts';
import { storedRows } from '../../support/storage/counts.ts';
import { frozen } from '../core/records/records.ts';

function row(n: number, changes: { digit?: string; count?: number | null } = {}): ContributionRow {
  const { digit = 'a', count = n } = changes;
  return frozen({
    groupId: `${digit}${String(n).padStart(31, '0')}`,
    source: 'defender',
    DeviceName: 'wks-1',
    InitiatingProcessFileName: 'updater.exe',
    RemoteIP: '203.0.113.1',
    Timestamp: timestampFromMs(1_795_165_198_000),
    contribution: '0123456789abcdef',
    count,
    failed: false,
    programHash: null,
    facts: {},
  });
}

const place = (n: number): RecordPlace => frozen({ offset: n * 100, length: 99, record: 0 });
const SEGMENT = '5e'.repeat(16);
/** All hours are recent: one entry for the hour of all rows, so that a batch has 99 rows. */
const isOpen = async (): Promise<boolean> => true;
const OPTIONS = { segmentId: SEGMENT, recentFrom: '0' as Hour, isOpen };
const nobody = { refused: async () => {}, closed: () => {} };
const onRefused = (refused: NotStored['refused']): NotStored => ({ ...nobody, refused });
/** The settings of those tests in which only the rows matter. */
const writerOf = (store: HourlyCounts, notStored: NotStored = nobody, options: BatchOptions = OPTIONS) =>
  new BatchWriter(store, options, notStored);

/** HourlyCounts whose merges wait until they are let go, one by one. */
class Gate implements Pick<HourlyCounts, 'merge'> {
  readonly merges: { partition: Partition; rows: readonly ContributionRow[] }[] = [];
  readonly waiting: { resolve: (refusals: readonly Refusal[]) => void; reject: (error: Error) => void }[] = [];
  most = 0;

  merge(partition: Partition, _day: Day, rows: readonly ContributionRow[]): Promise<readonly Refusal[]> {
    this.merges.push({ partition, rows });
    const { promise, resolve, reject } = Promise.withResolvers<readonly Refusal[]>();
    this.waiting.push({ resolve, reject });
    this.most = Math.max(this.most, this.waiting.length);
    return promise;
  }
}

const counts = (gate: Gate) => gate as unknown as HourlyCounts;

/** A merge for each call, by the number. */
const scripted = (
  answer: (rows: readonly ContributionRow[], call: number) => Promise<readonly Refusal[] | 'closed'>,
) => {
  const calls: (readonly ContributionRow[])[] = [];
  const entries: (readonly Touched[])[] = [];
  const days: Day[] = [];
  const merge = (_: Partition, day: Day, rows: readonly ContributionRow[], touched: readonly Touched[]) => {
    entries.push(touched);
    days.push(day);
    return answer(rows, calls.push(rows));
  };
  return { calls, entries, days, counts: { merge } as unknown as HourlyCounts };
};

/** What is under way goes on as far as it can. */
async function idle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('BatchWriter', () => {
  it('sends a batch as soon as its rows and entries are a hundred, and the rest at the end', async () => {
    const { calls, counts } = scripted(async () => []);
    const writer = writerOf(counts);
    for (let n = 0; n < 250; n++) await writer.add(row(n), place(n));
    expect(calls.map((rows) => rows.length)).toEqual([99, 99]);
    await writer.finish();
    expect(calls.map((rows) => rows.length)).toEqual([99, 99, 52]);
    expect(calls.flat().map(({ count }) => count)).toEqual(Array.from({ length: 250 }, (_, n) => n));
    expect(writer.rows).toBe(250);
    await writer.finish();
    expect(calls).toHaveLength(3);
  });

  it('sends each partition for itself', async () => {
    const gate = new Gate();
    const writer = writerOf(counts(gate));
    for (const [n, digit] of [...'0f3f0'].entries()) await writer.add(row(n, { digit }), place(n));
    const finishing = writer.finish();
    await idle();
    for (const { resolve } of gate.waiting) resolve([]);
    await finishing;
    expect(gate.merges.map(({ partition, rows }) => [partition, rows.length])).toEqual([
      ['0', 2],
      ['f', 2],
      ['3', 1],
    ]);
    for (const { partition, rows } of gate.merges)
      for (const { groupId } of rows) expect(partitionOf(groupId)).toBe(partition);
  });

  it('takes a row once into a hundred, however often it comes', async () => {
    const { calls, counts } = scripted(async () => []);
    const writer = writerOf(counts);
    for (let n = 0; n < 300; n++) await writer.add(row(n % 98), place(n));
    expect(calls).toEqual([]);
    await writer.add(row(98), place(98));
    expect(calls.map((rows) => rows.length)).toEqual([99]);
    await writer.finish();
    expect(writer.rows).toBe(99);
  });

  it('distinguishes rows by group, time and contribution', async () => {
    const { calls, counts } = scripted(async () => []);
    const writer = writerOf(counts);
    const one = row(1);
    const others = [
      { ...one, groupId: row(2).groupId },
      { ...one, Timestamp: timestampFromMs(0) },
      { ...one, contribution: 'x' },
      { ...one, count: 5 },
    ];
    for (const each of [one, ...others]) await writer.add(Object.freeze(each), place(0));
    await writer.finish();
    expect(calls.flat()).toHaveLength(4);
  });

  it('leaves in the store what one clean pass leaves, whatever is repeated', async () => {
    const store = new MemoryHourlyCounts();
    const writer = writerOf(store);
    for (let n = 0; n < 1000; n++) await writer.add(row((n * 7) % 150), place(n));
    await writer.finish();
    const rows = await storedRows(store, 'a' as Partition);
    expect(rows.map(({ count }) => count)).toEqual(Array.from({ length: 150 }, (_, n) => n));
  });

  it('has at most four transactions on their way, and lets add wait for the fifth', async () => {
    const gate = new Gate();
    const writer = writerOf(counts(gate));
    for (let n = 0; n < 396; n++) await writer.add(row(n), place(n));
    expect(gate.merges).toHaveLength(4);
    for (let n = 396; n < 494; n++) await writer.add(row(n), place(n));
    let added = false;
    const fifth = writer.add(row(494), place(494)).then(() => {
      added = true;
    });
    await idle();
    expect([added, gate.merges.length]).toEqual([false, 4]);
    gate.waiting[3]?.resolve([]);
    await fifth;
    expect([added, gate.merges.length]).toEqual([true, 5]);
    for (const { resolve } of gate.waiting) resolve([]);
    await writer.finish();
    expect(writer.rows).toBe(495);
  });

  it('finish waits until everything has come back', async () => {
    const gate = new Gate();
    const writer = writerOf(counts(gate));
    for (const digit of '0123') await writer.add(row(1, { digit }), place(1));
    let finished = false;
    const finishing = writer.finish().then(() => {
      finished = true;
    });
    await idle();
    for (const { resolve } of gate.waiting.slice(0, 3)) resolve([]);
    await idle();
    expect(finished).toBe(false);
    gate.waiting[3]?.resolve([]);
    await finishing;
  });

  it('throws the error of the store at the next hundred, and sends nothing more', async () => {
    const { calls, counts } = scripted(async () => {
      throw new Error('throttled');
    });
    const writer = writerOf(counts);
    for (let n = 0; n < 100; n++) await writer.add(row(n), place(n));
    await idle();
    const next = async () => {
      for (let n = 100; n < 200; n++) await writer.add(row(n), place(n));
    };
    await expect(next()).rejects.toThrow('throttled');
    await expect(writer.finish()).rejects.toThrow('throttled');
    await expect(writer.finish()).rejects.toThrow('throttled');
    expect(calls).toHaveLength(1);
  });

  it('throws at finish the error of the last hundred', async () => {
    const { counts } = scripted(async () => {
      throw new Error('gone');
    });
    const writer = writerOf(counts);
    await writer.add(row(1), place(1));
    await expect(writer.finish()).rejects.toThrow('gone');
  });

  it('does not hang where an add waits while a transaction fails, and throws the first error', async () => {
    const gate = new Gate();
    const writer = writerOf(counts(gate));
    for (let n = 0; n < 494; n++) await writer.add(row(n), place(n));
    const waiting = writer.add(row(494), place(494));
    gate.waiting[2]?.reject(new Error('first'));
    await expect(waiting).rejects.toThrow('first');
    for (const { reject } of gate.waiting) reject(new Error('later'));
    await writer.settle();
    await expect(writer.finish()).rejects.toThrow('first');
    expect(gate.merges).toHaveLength(4);
  });

  it('settle waits for what is on its way, failed or not, and throws nothing', async () => {
    const gate = new Gate();
    const writer = writerOf(counts(gate));
    for (let n = 0; n < 297; n++) await writer.add(row(n), place(n));
    gate.waiting[0]?.reject(new Error('first'));
    let settled = false;
    const settling = writer.settle().then(() => {
      settled = true;
    });
    await idle();
    expect(settled).toBe(false);
    gate.waiting[1]?.resolve([]);
    gate.waiting[2]?.reject(new Error('second'));
    await settling;
    await writer.settle();
  });

  it('hands on what the store refuses with its place, the last one of a repeat', async () => {
    const { counts } = scripted(async (rows, call) =>
      rows
        .filter(({ count }) => count === 3 || (call === 2 && count === 150))
        .map((each) => ({ row: each, code: 'EntityTooLarge' })),
    );
    const refused: LocatedRefusal[] = [];
    const writer = writerOf(
      counts,
      onRefused(async (refusal) => {
        refused.push(refusal);
      }),
    );
    await writer.add(row(3), place(1000));
    for (let n = 0; n < 160; n++) await writer.add(row(n), place(n));
    await writer.finish();
    expect(refused).toEqual([
      { row: row(3), code: 'EntityTooLarge', place: place(3) },
      { row: row(150), code: 'EntityTooLarge', place: place(150) },
    ]);
  });

  it('throws the error of who takes the refusals', async () => {
    const { counts } = scripted(async (rows) => rows.map((each) => ({ row: each, code: 'X' })));
    const writer = writerOf(
      counts,
      onRefused(async () => {
        throw new Error('no room for letters');
      }),
    );
    await writer.add(row(1), place(1));
    await expect(writer.finish()).rejects.toThrow('no room for letters');
  });

  it('finish waits for the refusals to be taken', async () => {
    const { counts } = scripted(async (rows) => rows.map((each) => ({ row: each, code: 'X' })));
    const { promise, resolve } = Promise.withResolvers<void>();
    const writer = writerOf(
      counts,
      onRefused(() => promise),
    );
    await writer.add(row(1), place(1));
    let finished = false;
    const finishing = writer.finish().then(() => {
      finished = true;
    });
    await idle();
    expect(finished).toBe(false);
    resolve();
    await finishing;
  });

  describe('announces', () => {
    const HOUR = 3_600_000;
    const NOON = timestampFromMs(Date.UTC(2026, 10, 20, 12));
    const later = (hours: number, n = 1) => ({ ...row(n), Timestamp: addMs(NOON, hours * HOUR) });
    const hour = (hours: number) => addMs(NOON, hours * HOUR) as Hour;
    const recentFrom = hour(0);

    it('a recent hour as a whole, and an older one by the groups that changed', async () => {
      const { calls, entries, counts } = scripted(async () => []);
      const writer = writerOf(counts, nobody, { segmentId: SEGMENT, recentFrom, isOpen });
      for (const each of [later(0, 1), later(1, 2), later(1, 3), later(-1, 4), later(-1, 4)])
        await writer.add(each, place(0));
      await writer.finish();
      expect(calls.flat()).toHaveLength(4);
      expect(entries).toEqual([
        [
          { hour: hour(0), groupId: null, segmentId: SEGMENT },
          { hour: hour(1), groupId: null, segmentId: SEGMENT },
          { hour: hour(-1), groupId: row(4).groupId, segmentId: SEGMENT },
        ],
      ]);
    });

    it('an older hour as a whole from its 21st group on', async () => {
      const { entries, counts } = scripted(async () => []);
      const writer = writerOf(counts, nobody, { segmentId: SEGMENT, recentFrom, isOpen });
      for (let n = 0; n < 40; n++) await writer.add(later(-3, n), place(n));
      await writer.add(later(-3, 5), place(41));
      await writer.finish();
      const announced = entries.flat().map((entry) => entry.groupId);
      expect(announced).toEqual([...Array.from({ length: 20 }, (_, n) => row(n).groupId), null]);
    });

    it('all rows in their own transaction, of one day, of at most a hundred with their entries', async () => {
      const store = new MemoryHourlyCounts();
      const merged: number[] = [];
      const merge: HourlyCounts['merge'] = async (partition, day, rows, touched, options) => {
        merged.push(rows.length + touched.length);
        return await store.merge(partition, day, rows, touched, options);
      };
      const writer = writerOf({ merge } as HourlyCounts, nobody, { segmentId: SEGMENT, recentFrom, isOpen });
      // 17 hours of two days, 90 groups, each pair once: the store refuses rows without entries, and more than a hundred.
      for (let n = 0; n < 1_500; n++) await writer.add(later((n % 17) - 14, n % 90), place(n));
      await writer.finish();
      expect(Math.max(...merged)).toBeLessThanOrEqual(100);
      expect(await storedRows(store, 'a' as Partition)).toHaveLength(1_500);
      expect(await store.days()).toEqual(['2026-11-19', '2026-11-20']);
    });
  });

  it('hands on the rows of a closed day with their places, and goes on', async () => {
    const { days, counts } = scripted(async (_rows, call) => (call === 1 ? 'closed' : []));
    const closed: LocatedRow[] = [];
    const notStored = { ...nobody, closed: (rows: readonly LocatedRow[]) => closed.push(...rows) };
    const writer = writerOf(counts, notStored, { ...OPTIONS, isOpen: async (day) => day !== '2026-11-19' });
    const old = { ...row(1), Timestamp: addMs(row(1).Timestamp, -86_400_000) };
    for (const [n, each] of [old, row(2)].entries()) await writer.add(each, place(n));
    await writer.finish();
    expect(days).toEqual(['2026-11-19', '2026-11-20']);
    expect(closed).toEqual([{ row: old, place: place(0) }]);
  });

  it('creates a missing table only where its day is open at that moment', async () => {
    const store = new MemoryHourlyCounts();
    const asked: string[] = [];
    let open = true;
    const options = { ...OPTIONS, isOpen: async (day: Day) => asked.push(day) > 0 && open };
    const closed: LocatedRow[] = [];
    const notStored = { ...nobody, closed: (rows: readonly LocatedRow[]) => closed.push(...rows) };
    const writer = writerOf(store, notStored, options);
    const add = async (n: number) => {
      await writer.add(row(n), place(n));
      await writer.finish();
    };
    for (const n of [1, 2]) await add(n);
    expect([asked.length, await storedRows(store, 'a' as Partition)]).toEqual([
      1,
      [expect.anything(), expect.anything()],
    ]);
    const [day] = await store.days();
    await store.removeDay(day as Day);
    open = false;
    await add(3);
    expect([asked.length, closed.length, await store.days()]).toEqual([2, 1, []]);
  });
});
