import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ContributionRow, HourlyCounts, Partition } from '../../src/storage/ports/hourly_counts.ts';
import {
  anyContribution,
  contribution,
  FACTS,
  groupId,
  HOSTILE_NAMES,
  P3,
  rowsOf,
  T0,
  T1,
  T2,
  wellFormedRow,
} from './samples.ts';

/** What every HourlyCounts does; `make` gives two views on one empty store, as two workers have them. */
export function hourlyCountsContract(make: () => Promise<readonly [HourlyCounts, HourlyCounts]>): void {
  let store: HourlyCounts;
  let other: HourlyCounts;
  beforeEach(async () => {
    [store, other] = await make();
  });

  const merge = async (rows: readonly ContributionRow[], into = store): Promise<void> => {
    for (let start = 0; start < rows.length; start += 100) {
      expect(await into.merge(P3, rows.slice(start, start + 100))).toEqual([]);
    }
  };
  const scanned = (row: ContributionRow): Omit<ContributionRow, 'facts'> => {
    const { facts: _facts, ...rest } = row;
    return wellFormedRow(rest);
  };

  describe('merge', () => {
    it('of no rows does nothing', async () => {
      expect(await store.merge(P3, [])).toEqual([]);
      expect(await rowsOf(store.scan(P3))).toEqual([]);
    });

    it('again, by whomever, changes nothing', async () => {
      const rows = Array.from({ length: 100 }, (_, n) => contribution({ groupId: groupId(n), facts: FACTS }));
      await merge(rows);
      const once = await rowsOf(store.scan(P3));
      await merge(rows);
      await merge(rows.toReversed(), other);
      expect(await rowsOf(store.scan(P3))).toEqual(once);
      expect(once).toEqual(rows.map(scanned));
    });

    it('by two workers at once on a store where nothing is yet gives what one would', async () => {
      const rows = Array.from({ length: 60 }, (_, n) => contribution({ groupId: groupId(n) }));
      await Promise.all([merge(rows.slice(0, 40)), merge(rows.slice(20), other)]);
      expect(await rowsOf(store.scan(P3))).toEqual(rows.map(scanned));
    });

    it.each([0, 57, 99])('gives back row %i of 100, which is refused, and writes the others', async (bad) => {
      const rows = Array.from({ length: 100 }, (_, n) =>
        contribution({ groupId: groupId(n), ...(n === bad && { DeviceName: 'x'.repeat(40_000) }) }),
      );
      const refusals = await store.merge(P3, rows);
      expect(refusals).toEqual([{ row: rows[bad], code: 'PropertyValueTooLarge' }]);
      expect(await rowsOf(store.scan(P3))).toEqual(rows.filter((_, n) => n !== bad).map(scanned));
    });

    it('gives back all that are refused, also where none is left', async () => {
      const rows = [1, 2, 3].map((n) =>
        contribution({ groupId: groupId(n), facts: { RemoteUrl: 'x'.repeat(40_000) } }),
      );
      const refusals = await store.merge(P3, rows);
      expect(refusals.map(({ row }) => row)).toEqual(rows);
      expect(await rowsOf(store.scan(P3))).toEqual([]);
    });

    it('throws at what would be a mistake of its caller', async () => {
      const row = contribution();
      await expect(store.merge(P3, [row, row])).rejects.toThrow(RangeError);
      await expect(store.merge('4' as Partition, [row])).rejects.toThrow(RangeError);
      const many = Array.from({ length: 101 }, (_, n) => contribution({ groupId: groupId(n) }));
      await expect(store.merge(P3, many)).rejects.toThrow(RangeError);
    });
  });

  describe('scan', () => {
    it('of a partition without rows gives no pages', async () => {
      await merge([contribution()]);
      expect(await rowsOf(store.scan('4' as Partition))).toEqual([]);
    });

    it('gives more than a page in key order: group, then time, then contribution', async () => {
      const rows = Array.from({ length: 2_300 }, (_, n) =>
        contribution({
          groupId: groupId(Math.floor(n / 6)),
          Timestamp: [T0, T1, T2][Math.floor(n / 2) % 3] as typeof T0,
          contribution: (n % 2).toString(16).repeat(16),
          count: n,
        }),
      );
      // 1,409 and 2,300 have no common divisor: every row once, none beside its neighbour.
      await merge(rows.map((_, n) => rows[(n * 1_409) % rows.length] as ContributionRow));
      expect(await rowsOf(store.scan(P3))).toEqual(rows.map(scanned));
    });

    it('knows a count that is absent from 0', async () => {
      const rows = [null, 0, -1, 2 ** 31 - 1].map((count, n) => contribution({ groupId: groupId(n), count }));
      await merge(rows);
      expect((await rowsOf(store.scan(P3))).map(({ count }) => count)).toEqual([null, 0, -1, 2 ** 31 - 1]);
    });

    it('may have its rows removed under way', async () => {
      const rows = Array.from({ length: 1_500 }, (_, n) => contribution({ groupId: groupId(n) }));
      await merge(rows);
      const met: string[] = [];
      for await (const page of store.scan(P3)) {
        met.push(...page.map((row) => row.groupId));
        await other.remove(P3, page);
      }
      expect(met).toEqual(rows.map((row) => row.groupId));
      expect(await rowsOf(store.scan(P3))).toEqual([]);
    });
  });

  describe('read', () => {
    const rows = [T0, T1, T2].map((Timestamp) => contribution({ Timestamp, facts: FACTS }));

    it('gives the rows of one group later than `after`, up to `asOf`, with their facts', async () => {
      await merge([...rows, contribution({ groupId: groupId(0) }), contribution({ groupId: groupId(2) })]);
      const times = async (after: typeof T0, asOf: typeof T0): Promise<string[]> =>
        (await rowsOf(store.read(groupId(1), after, asOf))).map((row) => row.Timestamp);
      expect(await rowsOf(store.read(groupId(1), '2026-11-20T00:00:00.0000000Z' as typeof T0, T2))).toEqual(rows);
      expect(await times(T0, T2)).toEqual([T1, T2]);
      expect(await times(T0, T1)).toEqual([T1]);
      expect(await times(T1, T1)).toEqual([]);
      expect(await rowsOf(store.read(groupId(7), T0, T2))).toEqual([]);
    });

    it('gives the hours of raw events from `after`, to before `asOf`', async () => {
      const raw = rows.map((row) => ({ ...row, source: 'sysmon' as const }));
      await merge(raw);
      expect(await rowsOf(store.read(groupId(1), T0, T2))).toEqual(raw.slice(0, 2));
      expect(await rowsOf(store.read(groupId(1), T1, T1))).toEqual([]);
    });

    it('gives more than a page in time order', async () => {
      const many = Array.from({ length: 1_001 }, (_, n) =>
        contribution({ Timestamp: `2026-11-20T08:00:00.${String(n).padStart(7, '0')}Z` as typeof T0 }),
      );
      await merge(many.toReversed());
      expect(await rowsOf(store.read(groupId(1), '2026-11-20T07:00:00.0000000Z' as typeof T0, T2))).toEqual(many);
    });

    it.each(HOSTILE_NAMES)('gives back the name %j', async (name) => {
      const row = contribution({
        DeviceName: name,
        InitiatingProcessFileName: name,
        RemoteIP: name,
        facts: { RemoteUrl: name },
      });
      await merge([row]);
      expect(await rowsOf(store.read(row.groupId, '2026-11-20T00:00:00.0000000Z' as typeof T0, T2))).toEqual([
        wellFormedRow(row),
      ]);
    });

    it('gives back any row', async () => {
      await fc.assert(
        fc.asyncProperty(anyContribution, async (row) => {
          await merge([row]);
          const epoch = '0000-01-01T00:00:00.0000000Z' as typeof T0;
          const read = await rowsOf(store.read(row.groupId, epoch, row.Timestamp));
          await store.remove(P3, read);
          expect(read).toEqual([wellFormedRow(row)]);
        }),
        { numRuns: 50 },
      );
    });
  });

  describe('remove', () => {
    it('takes rows away, and does not mind those that are gone', async () => {
      const rows = Array.from({ length: 250 }, (_, n) => contribution({ groupId: groupId(n) }));
      await merge(rows);
      await store.remove(P3, rows.slice(10, 20));
      await store.remove(P3, [...rows.slice(0, 240), ...rows.slice(0, 5)]);
      expect(await rowsOf(store.scan(P3))).toEqual(rows.slice(240).map(scanned));
      await store.remove(P3, rows);
      await store.remove(P3, rows);
      await store.remove(P3, []);
      expect(await rowsOf(store.scan(P3))).toEqual([]);
    });

    it('on a store where nothing is yet does nothing', async () => {
      await store.remove(P3, [contribution()]);
      expect(await rowsOf(store.scan(P3))).toEqual([]);
    });

    it('leaves other rows of the same group', async () => {
      const rows = [T0, T1, T2].map((Timestamp) => contribution({ Timestamp }));
      await merge(rows);
      await store.remove(P3, [rows[1] as ContributionRow]);
      await merge([contribution({ Timestamp: T2, count: 61 })]);
      expect((await rowsOf(store.scan(P3))).map(({ Timestamp, count }) => [Timestamp, count])).toEqual([
        [T0, 60],
        [T2, 61],
      ]);
    });
  });
}
