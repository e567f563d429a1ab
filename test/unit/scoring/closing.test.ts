import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { msOf } from '../../../src/core/kql/timestamp.ts';
import { type Day, dayOf, startOf } from '../../../src/core/records/day.ts';
import { CLOSED_MS, closeDays, keptFrom, sealClosedDays } from '../../../src/scoring/closing.ts';
import { closeOldDays } from '../../../src/scoring/score_windows.ts';
import { PARTITIONS } from '../../../src/storage/keys.ts';
import { BadRowError, badRow } from '../../../src/storage/ports/bad_row.ts';
import type { Partition } from '../../../src/storage/ports/hourly_counts.ts';
import { contribution } from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { storesWith } from '../../fakes/stores_with.ts';
import { tries } from '../../support/effort.ts';
import { at, Tenant } from '../../support/scoring/tenant.ts';
import { storeRows } from '../../support/storage/counts.ts';

const ms = (hours: number) => msOf(at(hours));
/** The boundary in force after closings, each with its newest report and its clock (hours). */
async function boundaryAfter(
  retentionDays: number,
  ...closings: readonly (readonly [newest: number | null, now: number])[]
) {
  const { runs } = memoryStores();
  for (const [newest, now] of closings)
    await closeDays(runs, newest === null ? '' : at(newest), ms(now), retentionDays);
  return (await runs.boundaries()).at(-1)?.firstOpen;
}

describe('closeDays(runs, newestReport, now, retentionDays)', () => {
  it('closes the days that ended a retention ago', async () => {
    expect(await boundaryAfter(1, [24, 24])).toBe('2026-11-20');
    expect(await boundaryAfter(1, [47.99, 48])).toBe('2026-11-20');
    expect(await boundaryAfter(1, [48, 48])).toBe('2026-11-21');
    expect(await boundaryAfter(1.5, [48, 48])).toBe('2026-11-20');
  });

  it('counts from the earlier of the clock and the newest report, and where none is known closes nothing', async () => {
    expect(await boundaryAfter(1, [48, 480])).toBe('2026-11-21');
    expect(await boundaryAfter(1, [480, 48])).toBe('2026-11-21');
    expect(await boundaryAfter(1, [null, 480])).toBeUndefined();
  });

  it('never moves back, and never closes a day that has been over for less than the retention', async () => {
    const hour = fc.integer({ min: 0, max: 24 * 20 });
    const closings = fc.array(fc.record({ newest: hour, now: hour }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(closings, fc.double({ min: 0.1, max: 4, noNaN: true }), async (all, days) => {
        const { runs } = memoryStores();
        let seen = 0;
        for (const { newest, now } of all) {
          await closeDays(runs, at(newest), ms(now), days);
          seen = Math.max(seen, Math.min(newest, now));
        }
        const found = (await runs.boundaries()).map(({ firstOpen }) => firstOpen);
        expect(found).toEqual(found.toSorted());
        const newestAge = ms(seen) - msOf(startOf(found.at(-1) as Day));
        expect(newestAge).toBeGreaterThanOrEqual(days * DAY_MS);
        expect(newestAge).toBeLessThan((days + 1) * DAY_MS);
      }),
      { numRuns: tries(100, 2000) },
    );
  });

  it('writes a boundary again that cannot be read', async () => {
    const stores = memoryStores();
    const broken = storesWith(stores, {
      runs: {
        boundaries: async () => {
          throw new BadRowError(badRow('Runs', 'closing', 'boundaries', 'Boundaries must be JSON'));
        },
      },
    });
    await closeDays(broken.runs, at(48), ms(48), 1);
    await sealClosedDays(broken, ms(480));
    expect(await stores.runs.boundaries()).toEqual([{ firstOpen: '2026-11-21', since: ms(48) }]);
  });
});

describe('keptFrom(boundaries, now)', () => {
  const boundaries = [
    { firstOpen: dayOf(at(0)), since: ms(0) },
    { firstOpen: dayOf(at(24)), since: ms(20) },
  ];
  it('is the newest boundary that has stood for 24 hours', () => {
    expect(keptFrom(boundaries, ms(24) - 1)).toBe('');
    expect(keptFrom(boundaries, ms(24))).toBe('2026-11-20');
    expect(keptFrom(boundaries, ms(44) - 1)).toBe('2026-11-20');
    expect(keptFrom(boundaries, ms(44))).toBe('2026-11-21');
  });
});

describe('closeOldDays(stores, asOf, kept, clock)', () => {
  /** Five days with a row each, and a run that counted a report at that hour. */
  async function filled(newest: number): Promise<MemoryStores> {
    const tenant = new Tenant();
    await storeRows(
      tenant.stores.hourlyCounts,
      [0, 1, 2, 3, 4].map((day) => contribution({ Timestamp: at(24 * day) })),
    );
    // A day is sealed once each partition has a file of it.
    for (const partition of PARTITIONS) await tenant.run(Math.ceil(newest), { message: { partition } });
    const run = await tenant.run(Math.ceil(newest));
    await tenant.stores.runs.put({ ...run, newestReport: at(newest) });
    return tenant.stores;
  }
  const close = (stores: MemoryStores, asOf: number, now: number) =>
    closeOldDays(stores, at(asOf), { retentionDays: 1, countFileDays: 3 }, () => ms(now));
  const days = async ({ hourlyCounts }: MemoryStores) => (await hourlyCounts.days()).length;

  it('closes days by the newest report of the runs, and removes their rows a day later', async () => {
    const stores = await filled(95);
    await close(stores, 95, 96);
    expect((await stores.runs.boundaries()).map(({ firstOpen }) => firstOpen)).toEqual(['2026-11-22']);
    expect(await days(stores)).toBe(5);
    await close(stores, 95, 96 + CLOSED_MS / HOUR_MS - 0.01);
    expect(await days(stores)).toBe(5);
    await close(stores, 95, 96 + CLOSED_MS / HOUR_MS);
    expect(await days(stores)).toBe(3);
    expect(await stores.runs.sealedDays()).toEqual(['2026-11-20', '2026-11-21']);
    const files = (await Array.fromAsync(stores.countFiles.list())).flat();
    expect(new Set(files.filter(({ isSealed }) => isSealed).map(({ day }) => day))).toEqual(
      new Set(['2026-11-20', '2026-11-21']),
    );
  });

  it('waits with the rows of a day while a partition has no file of it, or an entry is left', async () => {
    const stores = await filled(95);
    await close(stores, 95, 96);
    await stores.countFiles.remove({ partition: PARTITIONS[0] as Partition, day: '2026-11-20' });
    await storeRows(stores.hourlyCounts, [contribution({ Timestamp: at(25) })]);
    await close(stores, 95, 121);
    expect(await days(stores)).toBe(5);
    expect(await stores.runs.sealedDays()).toEqual([]);
  });

  it('removes count files that are older than COUNT_FILE_DAYS', async () => {
    const stores = await filled(95);
    await close(stores, 95, 96);
    await close(stores, 95, 121);
    await stores.runs.moveBoundary({ firstOpen: dayOf(at(72)), since: ms(130) });
    await close(stores, 95, 131);
    const left = (await Array.fromAsync(stores.countFiles.list())).flat().map(({ day }) => day);
    expect([...new Set(left)].sort()[0]).toBe('2026-11-21');
    expect(await stores.runs.sealedDays()).toEqual(['2026-11-21']);
  });

  it('keeps everything while the exporter is silent, however long', async () => {
    const stores = await filled(95);
    for (const hour of [200, 300, 400]) await close(stores, hour, hour + 1);
    expect([await days(stores), await stores.runs.boundaries()]).toEqual([5, []]);
  });
});
