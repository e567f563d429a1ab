import { describe, expect, it } from 'vitest';
import { timestampFromMs, timestampOf } from '../../../src/core/kql/timestamp.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import { regularGroups } from '../../../src/scoring/offline_regularity.ts';

const AS_OF = timestampOf('2026-11-20T12:00:00Z')!;
const FIRST = Date.UTC(2026, 10, 17, 12);
const KEY = { source: 'defender', DeviceName: 'a', InitiatingProcessFileName: 'b', RemoteIP: '203.0.113.7' } as const;

/** Rows of one group, at minute 20 of hours of the window, in pages of 1,000. */
function scanOf(hours: readonly number[], rowsPerHour: number) {
  const rows = hours.flatMap((hour) =>
    Array.from({ length: rowsPerHour }, (_none, n) => ({
      ...KEY,
      groupId: '1'.repeat(32),
      Timestamp: timestampFromMs(FIRST + hour * 3_600_000 + 1_200_000),
      contribution: String(n),
      count: 1,
      failed: false,
      programHash: null,
    })),
  );
  return async function* (partition: string) {
    if (partition !== '1') return;
    for (let from = 0; from < rows.length; from += 1000) yield Object.freeze(rows.slice(from, from + 1000));
  };
}

const all = Array.from({ length: 72 }, (_none, hour) => hour);

describe('regularGroups(scan, window)', () => {
  it('counts every row of a group that has more than it holds', async () => {
    const found = await regularGroups(scanOf(all, 500), windowOf(AS_OF, 3));
    expect([found.groups, found.counted, found.common]).toEqual([1, 36_000, 0]);
    expect(found.matched).toMatchObject([
      { key: KEY, regularDevices: 1, assessment: { connections: 36_000, interval: 7, hours: 72 } },
    ]);
    expect(found.matched[0]?.perHour).toEqual(all.map(() => 500));
  });

  it('judges only what is in the window, and counts all rows', async () => {
    const found = await regularGroups(scanOf([-30, -29, ...all, 72], 2), windowOf(AS_OF, 3));
    expect(found.counted).toBe(150);
    expect(found.matched).toMatchObject([{ assessment: { connections: 144 } }]);
  });

  it('takes the rows of one hour of a raw source as one report: four are too few', async () => {
    // Two groups of a device that was off for eight hours: four even hours, which would be a session.
    const rowsOf = (groupId: string, RemoteIP: string, source: 'sysmon' | 'defender') =>
      [1, 2, 11, 12].flatMap((hour) =>
        [1, 2].map((n) => ({
          ...KEY,
          source,
          RemoteIP,
          groupId,
          Timestamp: timestampFromMs(FIRST + hour * 3_600_000),
          contribution: String(n),
          count: 15,
          failed: false,
          programHash: null,
        })),
      );
    const found = async (source: 'sysmon' | 'defender') => {
      const rows = [...rowsOf('a1', '203.0.113.7', source), ...rowsOf('a2', '203.0.113.8', source)];
      const { matched } = await regularGroups(
        async function* (partition) {
          if (partition === 'a') yield rows;
        },
        windowOf(AS_OF, 3),
      );
      return matched.map(({ assessment }) => [assessment.way, assessment.hours]);
    };
    expect(await found('sysmon')).toEqual([]);
    expect(await found('defender')).toEqual([
      ['session', 4],
      ['session', 4],
    ]);
  });

  it('finds nothing in no rows', async () => {
    const found = await regularGroups(scanOf([], 1), windowOf(AS_OF, 3));
    expect(found).toEqual({ matched: [], common: 0, devices: 0, few: 1, many: 10, groups: 0, counted: 0 });
  });
});
