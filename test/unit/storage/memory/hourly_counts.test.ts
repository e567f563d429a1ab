import { describe, expect, it } from 'vitest';
import { MemoryHourlyCounts } from '../../../../src/storage/memory/hourly_counts.ts';
import { contribution, FACTS, groupId, P3, rowsOf, type T0, T1, T2 } from '../../../contract/samples.ts';

describe('MemoryHourlyCounts', () => {
  it('keeps no facts unless asked', async () => {
    const before = '2026-11-20T00:00:00.0000000Z' as typeof T0;
    for (const [facts, expected] of [
      [false, {}],
      [true, FACTS],
    ] as const) {
      const store = new MemoryHourlyCounts({ facts });
      await store.merge(P3, [contribution({ facts: FACTS })]);
      expect((await rowsOf(store.read(groupId(1), before, T2))).map((row) => row.facts)).toEqual([expected]);
    }
  });

  it('a scan under way does not mind what is written to, or removed from, the group that it is in', async () => {
    const store = new MemoryHourlyCounts();
    const at = (n: number) =>
      contribution({ Timestamp: `2026-11-20T08:00:00.${String(n).padStart(7, '0')}Z` as typeof T0 });
    const rows = Array.from({ length: 2_500 }, (_, n) => at(n));
    for (let start = 0; start < rows.length; start += 100) await store.merge(P3, rows.slice(start, start + 100));
    const met: string[] = [];
    for await (const page of store.scan(P3)) {
      met.push(...page.map((row) => row.Timestamp));
      await store.remove(P3, page);
      await store.merge(P3, [contribution({ Timestamp: T1, count: met.length }), at(0)]);
    }
    expect(met).toEqual(rows.map((row) => row.Timestamp));
    expect((await rowsOf(store.scan(P3))).map((row) => row.Timestamp)).toEqual([at(0).Timestamp, T1]);
  });

  it('holds a row once, however often it is delivered', async () => {
    const store = new MemoryHourlyCounts();
    for (let n = 0; n < 500; n++) {
      await store.merge(P3, [
        contribution({ count: n }),
        contribution({ Timestamp: T1 }),
        contribution({ Timestamp: T2 }),
      ]);
    }
    expect((await rowsOf(store.scan(P3))).map((row) => row.count)).toEqual([499, 60, 60]);
  });
});
