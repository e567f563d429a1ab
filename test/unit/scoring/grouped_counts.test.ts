import { describe, expect, it } from 'vitest';
import { GroupedCounts } from '../../../src/scoring/grouped_counts.ts';
import { contribution, groupId, P3, rowsOf, T0, T1, T2 } from '../../contract/samples.ts';

describe('GroupedCounts', () => {
  it('a scan under way does not see rows that are added to its group', async () => {
    const store = new GroupedCounts();
    const at = (n: number) =>
      contribution({ Timestamp: `2026-11-20T08:00:00.${String(n).padStart(7, '0')}Z` as typeof T0 });
    const rows = Array.from({ length: 2_500 }, (_, n) => at(n));
    for (const row of rows) store.put(row);
    const met: string[] = [];
    for await (const page of store.scan(P3)) {
      met.push(...page.map((row) => row.Timestamp));
      store.put(contribution({ Timestamp: T1, count: met.length }));
    }
    expect(met).toEqual(rows.map((row) => row.Timestamp));
    expect((await rowsOf(store.scan(P3))).map((row) => row.Timestamp)).toEqual([...met, T1]);
  });

  it('holds a row once, however often it is delivered: the last one', async () => {
    const store = new GroupedCounts();
    for (let n = 0; n < 500; n++) {
      for (const row of [{ count: n }, { Timestamp: T1 }, { Timestamp: T2 }]) store.put(contribution(row));
    }
    expect((await rowsOf(store.scan(P3))).map((row) => row.count)).toEqual([499, 60, 60]);
  });

  it('keeps with each row whether it failed, and its program', () => {
    const store = new GroupedCounts();
    const rows = [T0, T1, T2].map((Timestamp, n) =>
      contribution({ Timestamp, failed: n === 1, programHash: n === 2 ? null : 'ab'.repeat(8) }),
    );
    for (const row of [...rows.toReversed(), ...rows]) store.put(row);
    return expect(rowsOf(store.scan(P3))).resolves.toEqual(rows.map(({ facts: _facts, ...row }) => row));
  });

  it('gives the rows in order of group, time and contribution, and counts the groups', async () => {
    const store = new GroupedCounts();
    const rows = [1, 2, 3].flatMap((n) =>
      [T1, T2].map((Timestamp) => contribution({ groupId: groupId(n), Timestamp })),
    );
    for (const row of rows.toReversed()) store.put(row);
    const bare = rows.map(({ facts: _facts, ...row }) => row);
    expect(await rowsOf(store.scan(P3))).toEqual(bare);
    expect(store.groups).toBe(3);
  });
});
