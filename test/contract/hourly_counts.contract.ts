import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { bin, type Hour } from '../../src/core/kql/bin.ts';
import { type Day, dayOf } from '../../src/core/records/day.ts';
import type { ContributionRow, HourlyCounts, Partition, Touched } from '../../src/storage/ports/hourly_counts.ts';
import { hoursOf, SEGMENT, storeRows } from '../support/storage/counts.ts';
import {
  anyContribution,
  contribution,
  FACTS,
  groupId,
  HOSTILE_NAMES,
  LONGEST_PROGRAM,
  P3,
  rowsOf,
  T0,
  T1,
  T2,
  wellFormedRow,
} from './samples.ts';

const D20 = '2026-11-20' as Day;
const D21 = '2026-11-21' as Day;
const [H08, H09, H10] = [T0, T1, T2].map((time) => bin(time, '1h')) as [Hour, Hour, Hour];
const OTHER_SEGMENT = 'a5'.repeat(16);
const CREATE = { mayCreate: true };

/** What every HourlyCounts does; `make` gives two views on one empty store, as two workers have them. */
export function hourlyCountsContract(make: () => Promise<readonly [HourlyCounts, HourlyCounts]>): void {
  let store: HourlyCounts;
  let other: HourlyCounts;
  beforeEach(async () => {
    [store, other] = await make();
  });

  const put = async (rows: readonly ContributionRow[], into = store): Promise<void> => {
    expect(await storeRows(into, rows)).toEqual([]);
  };
  const scanned = (row: ContributionRow): Omit<ContributionRow, 'facts'> => {
    const { facts: _facts, ...rest } = row;
    return wellFormedRow(rest);
  };
  const merge = (rows: readonly ContributionRow[], touched: readonly Touched[] = hoursOf(rows), options = CREATE) =>
    store.merge(P3, D20, rows, touched, options);
  const hour = (of: Hour) => rowsOf(store.hour(P3, of));
  const entries = () => rowsOf(store.touched(P3, D20));
  /** Without versions, which every write changes. */
  const announced = async () => (await entries()).map(({ version: _version, ...entry }) => entry);
  const many = (count: number, changes: Partial<ContributionRow> = {}) =>
    Array.from({ length: count }, (_, n) => contribution({ groupId: groupId(n), ...changes }));
  const entry = (of: Hour, group: string | null = null, segmentId = SEGMENT): Touched => ({
    hour: of,
    groupId: group,
    segmentId,
  });

  describe('merge', () => {
    it('of no rows does nothing', async () => {
      expect(await merge([], [entry(H08)])).toEqual([]);
      expect(await store.days()).toEqual([]);
      expect(await hour(H08)).toEqual([]);
    });

    it('again, by whomever, changes nothing but the versions of the entries', async () => {
      const rows = many(99, { facts: FACTS });
      await merge(rows);
      const [once, before] = [await hour(H08), await entries()];
      await merge(rows);
      await other.merge(P3, D20, rows.toReversed(), hoursOf(rows), CREATE);
      expect(await hour(H08)).toEqual(once);
      expect(once).toEqual(rows.map(scanned));
      const after = await entries();
      expect(await announced()).toEqual([entry(H08)]);
      expect(after[0]?.version).not.toBe(before[0]?.version);
    });

    it('by two workers at once on a store where nothing is yet gives what one would', async () => {
      const rows = many(60);
      await Promise.all([put(rows.slice(0, 40)), put(rows.slice(20), other)]);
      expect(await hour(H08)).toEqual(rows.map(scanned));
    });

    it.each([0, 57, 98])('gives back row %i of 99, which is refused, and writes the others', async (bad) => {
      const rows = many(99).map((row, n) => (n === bad ? { ...row, DeviceName: 'x'.repeat(40_000) } : row));
      expect(await merge(rows)).toEqual([{ row: rows[bad], code: 'PropertyValueTooLarge' }]);
      expect(await hour(H08)).toEqual(rows.filter((_, n) => n !== bad).map(scanned));
      expect(await announced()).toEqual([entry(H08)]);
    });

    it('announces no row that is refused', async () => {
      const long = { DeviceName: 'x'.repeat(40_000) };
      const rows = [
        contribution(),
        contribution({ Timestamp: T1, ...long }),
        contribution({ groupId: groupId(2), ...long }),
      ];
      const touched = [entry(H08, groupId(1)), entry(H08, groupId(2)), entry(H09)];
      expect(await merge(rows, touched)).toHaveLength(2);
      expect(await announced()).toEqual([entry(H08, groupId(1))]);
    });

    it('gives back all that are refused, also where none is left', async () => {
      const rows = many(3, { facts: { RemoteUrl: 'x'.repeat(40_000) } });
      const refusals = await merge(rows);
      expect(refusals !== 'closed' && refusals.map(({ row }) => row)).toEqual(rows);
      expect([await hour(H08), await entries()]).toEqual([[], []]);
    });

    it('throws at what would be a mistake of its caller', async () => {
      const row = contribution();
      await expect(merge([row, row])).rejects.toThrow('more than once');
      await expect(store.merge('4' as Partition, D20, [row], hoursOf([row]), CREATE)).rejects.toThrow(RangeError);
      await expect(store.merge(P3, D21, [row], hoursOf([row]), CREATE)).rejects.toThrow(RangeError);
      await expect(merge(many(100))).rejects.toThrow('more than 100 rows and entries: 101');
      await expect(merge([row], [])).rejects.toThrow('no touched entry');
      await expect(merge([row], [entry(H09), entry(H08, groupId(2))])).rejects.toThrow('no touched entry');
      await expect(merge([row], [entry(H08, null, 'x')])).rejects.toThrow(RangeError);
      expect(await store.days()).toEqual([]);
    });

    it('is closed where the table of the day is missing and may not be created', async () => {
      const closed = { mayCreate: false };
      expect(await merge([contribution()], undefined, closed)).toBe('closed');
      expect(await store.days()).toEqual([]);
      await put([contribution()]);
      expect(await merge([contribution({ count: 61 })], undefined, closed)).toEqual([]);
      expect((await hour(H08)).map(({ count }) => count)).toEqual([61]);
      await other.removeDay(D20);
      expect(await merge([contribution()], undefined, closed)).toBe('closed');
      expect(await hour(H08)).toEqual([]);
    });
  });

  describe('days', () => {
    it('are those with a table, oldest first; a day that is removed is gone, and the others stay', async () => {
      const times = ['2026-12-01', '2026-11-20', '2027-01-31', '0001-01-01'].map((day) => `${day}${T0.slice(10)}`);
      await put(times.map((time) => contribution({ Timestamp: time as typeof T0 })));
      const days = times.map((time) => time.slice(0, 10)).sort();
      expect(await other.days()).toEqual(days);
      await store.removeDay('2026-12-01' as Day);
      await store.removeDay('2026-12-02' as Day);
      expect(await other.days()).toEqual(days.filter((day) => day !== '2026-12-01'));
      expect(await hour('2026-12-01T08:00:00.0000000Z' as Hour)).toEqual([]);
      expect(await hour(H08)).toHaveLength(1);
    });
  });

  describe('touched', () => {
    it('are the entries of a partition and day: of whole hours, and of groups', async () => {
      const rows = [
        contribution(),
        contribution({ Timestamp: T1 }),
        contribution({ Timestamp: T1, groupId: groupId(2) }),
      ];
      const touched = [entry(H08), entry(H09, groupId(1)), entry(H09, groupId(2), OTHER_SEGMENT)];
      expect(await merge(rows, touched)).toEqual([]);
      expect(await announced()).toEqual(expect.arrayContaining(touched));
      expect(await announced()).toHaveLength(3);
      expect(await rowsOf(store.touched('4' as Partition, D20))).toEqual([]);
      expect(await rowsOf(store.touched(P3, D21))).toEqual([]);
      expect([...(await hour(H08)), ...(await hour(H09))]).toHaveLength(3);
    });

    it('of more than a page are all there', async () => {
      const rows = many(1_050);
      for (let start = 0; start < rows.length; start += 50) {
        const some = rows.slice(start, start + 50);
        await merge(
          some,
          some.map((row) => entry(H08, row.groupId)),
        );
      }
      expect((await announced()).map((each) => each.groupId).sort()).toEqual(rows.map((row) => row.groupId));
    });
  });

  describe('settle', () => {
    it('removes entries as they were read; rows, and entries that were written again, stay', async () => {
      const rows = many(3);
      await merge(
        rows,
        rows.map((row) => entry(H08, row.groupId)),
      );
      const read = await entries();
      await merge(rows.slice(1, 2), [entry(H08, groupId(1))]);
      await other.settle(P3, D20, read);
      expect(await announced()).toEqual([entry(H08, groupId(1))]);
      await store.settle(P3, D20, read);
      expect(await announced()).toEqual([entry(H08, groupId(1))]);
      await store.settle(P3, D20, await entries());
      expect(await entries()).toEqual([]);
      expect(await hour(H08)).toEqual(rows.map(scanned));
    });

    it('of very many removes them all', async () => {
      const rows = many(130);
      for (const some of [rows.slice(0, 50), rows.slice(50, 100), rows.slice(100)]) {
        await merge(
          some,
          some.map((row) => entry(H08, row.groupId)),
        );
      }
      await store.settle(P3, D20, await entries());
      expect(await entries()).toEqual([]);
    });

    it('in a day without a table, or of nothing, does nothing', async () => {
      await store.settle(P3, D20, [{ ...entry(H08), version: 'W/"x"' }]);
      await store.settle(P3, D20, []);
      expect(await store.days()).toEqual([]);
    });
  });

  describe('hour', () => {
    it('without rows gives no pages', async () => {
      await put([contribution()]);
      expect(await rowsOf(store.hour('4' as Partition, H08))).toEqual([]);
      expect(await hour(H09)).toEqual([]);
      expect(await hour('2026-11-25T08:00:00.0000000Z' as Hour)).toEqual([]);
    });

    it('gives more than a page in key order: group, then time, then contribution', async () => {
      const times = [T1, T1.replace('00.0', '00.1'), T1.replace(':00:', ':59:')] as (typeof T1)[];
      const rows = Array.from({ length: 2_300 }, (_, n) =>
        contribution({
          groupId: groupId(Math.floor(n / 6)),
          Timestamp: times[Math.floor(n / 2) % 3] as typeof T0,
          contribution: (n % 2).toString(16).repeat(16),
          count: n,
        }),
      );
      // 1,409 and 2,300 have no common divisor: every row once, none beside its neighbour.
      await put([
        contribution(),
        contribution({ Timestamp: T2 }),
        ...rows.map((_, n) => rows[(n * 1_409) % rows.length] as ContributionRow),
      ]);
      expect(await hour(H09)).toEqual(rows.map(scanned));
    });

    it('distinguishes a count that is absent from 0', async () => {
      const rows = [null, 0, -1, 2 ** 31 - 1].map((count, n) => contribution({ groupId: groupId(n), count }));
      await put(rows);
      expect((await hour(H08)).map(({ count }) => count)).toEqual([null, 0, -1, 2 ** 31 - 1]);
    });
  });

  describe('day', () => {
    it('gives all its rows by hour, and of each hour in key order', async () => {
      const rows = [T0, T1, T2].flatMap((Timestamp) => many(500, { Timestamp }));
      await put([...rows.toReversed(), contribution({ Timestamp: '2026-11-21T00:00:00.0000000Z' as typeof T0 })]);
      expect(await rowsOf(store.day(P3, D20))).toEqual(rows.map(scanned));
      expect(await rowsOf(store.day(P3, D21))).toHaveLength(1);
      expect(await rowsOf(store.day('4' as Partition, D20))).toEqual([]);
    });
  });

  describe('ofGroup', () => {
    it('gives the rows of one group in one hour, with their facts', async () => {
      const rows = [T0, T1, T2].map((Timestamp) => contribution({ Timestamp, facts: FACTS }));
      await put([...rows, ...many(3, { Timestamp: T2 }).filter((row) => row.groupId !== groupId(1))]);
      for (const [n, of] of [H08, H09, H10].entries()) {
        expect(await rowsOf(store.ofGroup(of, groupId(1)))).toEqual([rows[n]]);
      }
      expect(await rowsOf(store.ofGroup(H08, groupId(7)))).toEqual([]);
    });

    it('gives back the longest facts of a program', async () => {
      const rows = many(2, { facts: LONGEST_PROGRAM });
      await put(rows);
      for (const row of rows) expect(await rowsOf(store.ofGroup(H08, row.groupId))).toEqual([row]);
    });

    it('gives more than a page in time order', async () => {
      const rows = Array.from({ length: 1_001 }, (_, n) =>
        contribution({ Timestamp: `2026-11-20T08:00:00.${String(n).padStart(7, '0')}Z` as typeof T0 }),
      );
      await put(rows.toReversed());
      expect(await rowsOf(store.ofGroup(H08, groupId(1)))).toEqual(rows);
    });

    it.each(HOSTILE_NAMES)('gives back the name %j', async (name) => {
      const row = contribution({
        DeviceName: name,
        InitiatingProcessFileName: name,
        RemoteIP: name,
        facts: { RemoteUrl: name },
      });
      await put([row]);
      expect(await rowsOf(store.ofGroup(H08, row.groupId))).toEqual([wellFormedRow(row)]);
    });

    it('gives back any row', async () => {
      await fc.assert(
        fc.asyncProperty(anyContribution, async (row) => {
          await put([row]);
          const read = await rowsOf(store.ofGroup(bin(row.Timestamp, '1h'), row.groupId));
          await store.removeDay(dayOf(row.Timestamp));
          expect(read).toEqual([wellFormedRow(row)]);
        }),
        { numRuns: 50 },
      );
    });
  });
}
