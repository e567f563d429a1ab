import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroupedCounts } from '../../../src/scoring/grouped_counts.ts';
import type { OfflineRow } from '../../../src/scoring/offline_row.ts';
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

  it('is a map by group, time and contribution, in any order of rows and with scans between them', async () => {
    const step = fc.oneof(
      { weight: 9, arbitrary: fc.tuple(fc.nat(2), fc.nat(20), fc.nat(1), fc.nat(1)) },
      { weight: 1, arbitrary: fc.constant('scan' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), fc.boolean(), async (steps, isInOrder) => {
        const store = new GroupedCounts();
        const byKey = new Map<string, OfflineRow>();
        const expected = () => [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
        // Most exports come in order of time.
        const inOrder = isInOrder ? steps.toSorted((a, b) => Number(a[1]) - Number(b[1])) : steps;
        for (const [count, each] of inOrder.entries()) {
          if (each === 'scan') {
            expect(await rowsOf(store.scan(P3))).toEqual(expected());
            continue;
          }
          const [group, second, identity, port] = each;
          const Timestamp = `2026-11-20T08:00:${String(second).padStart(2, '0')}.0000000Z` as typeof T0;
          const { facts: _facts, ...row } = contribution({
            groupId: groupId(group),
            Timestamp,
            contribution: String(identity).repeat(16),
            count,
            failed: second % 2 === 0,
          });
          const known: OfflineRow = port === 0 ? row : { ...row, port: 443 };
          store.put(known);
          byKey.set(`${row.groupId}|${Timestamp}|${row.contribution}`, known);
        }
        expect(await rowsOf(store.scan(P3))).toEqual(expected());
      }),
      { numRuns: 60 },
    );
  });
});
