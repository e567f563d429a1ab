import { describe, expect, it } from 'vitest';
import { checkHour } from '../../../../src/scoring/count_files/check_hour.ts';
import { dailyCheck } from '../../../../src/scoring/count_files/daily_check.ts';
import { rebuildFiles } from '../../../../src/scoring/count_files/refresh_day.ts';
import { PARTITIONS } from '../../../../src/storage/keys.ts';
import { P3 } from '../../../contract/samples.ts';
import {
  at,
  FIRST_DAY,
  newWorld,
  read,
  rowOf,
  type Step,
  scan,
  stepwiseStores,
  TINY,
  type World,
  write,
} from '../../../support/scoring/count_world.ts';

const REF = { partition: P3, day: FIRST_DAY };
const OPTIONS = { hasEnded: true, sizes: TINY };
const LATE = rowOf({ group: 2, hour: 22, number: 7 });

/** Rows of two hours, and their file. */
async function filled(): Promise<World> {
  const world = newWorld();
  for (const hour of [22, 23]) await write(world.hourlyCounts, [rowOf({ group: 1, hour, number: 1 })], hour, false);
  await read(world, 26);
  return world;
}

/** A row that no entry announces, as after rot of the file. */
async function unannounced(world: World): Promise<void> {
  await write(world.hourlyCounts, [LATE], 9, false);
  const entries = (await Array.fromAsync(world.hourlyCounts.touched(P3, FIRST_DAY))).flat();
  await world.hourlyCounts.settle(P3, FIRST_DAY, entries);
}

describe('checkHour(stores, ref, hour)', () => {
  it('agrees with a file that shows the table', async () => {
    const world = await filled();
    for (const hour of [0, 22, 23]) expect(await checkHour(world, REF, hour, OPTIONS)).toBe('same');
  });

  it('builds a file again that lacks a row, has one too many or is damaged', async () => {
    const lacking = await filled();
    await unannounced(lacking);
    expect(await checkHour(lacking, REF, 23, OPTIONS)).toBe('same');
    expect(await checkHour(lacking, REF, 22, OPTIONS)).toBe('repaired');
    expect((await read(lacking, 26)).rows).toEqual(await scan(lacking, 26));

    const damaged = await filled();
    const found = await damaged.countFiles.open(REF, 1e9);
    const bytes = Buffer.from(found?.bytes ?? []);
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    await damaged.countFiles.put(REF, bytes, found?.version ?? '');
    expect(await checkHour(damaged, REF, 23, OPTIONS)).toBe('repaired');
    expect((await read(damaged, 26)).rows).toEqual(await scan(damaged, 26));
  });

  it('says nothing of an hour that an entry announces, of a file that changes meanwhile, or of one that is marked', async () => {
    const world = await filled();
    await unannounced(world);
    await write(world.hourlyCounts, [rowOf({ group: 3, hour: 22, number: 2 })], 10, true);
    const before = (await world.countFiles.open(REF, 1))?.version;
    expect(await checkHour(world, REF, 22, OPTIONS)).toBe('unknown');
    expect((await world.countFiles.open(REF, 1))?.version).toBe(before);

    // A scorer uses the entry up after the scan: only the version of the file shows it.
    const other = await filled();
    let isScored = false;
    const scoring: Step = async (call, run) => {
      if (call === 'rows.touched' && !isScored) {
        isScored = true;
        await write(other.hourlyCounts, [rowOf({ group: 3, hour: 23, number: 2 })], 10, true);
        await read(other, 26);
      }
      return await run();
    };
    await unannounced(other);
    expect(await checkHour(stepwiseStores(other, scoring), REF, 22, OPTIONS)).toBe('unknown');

    const marked = await filled();
    await unannounced(marked);
    await marked.countFiles.mark(REF, true, (await marked.countFiles.open(REF, 1))?.version ?? '');
    expect(await checkHour(marked, REF, 22, OPTIONS)).toBe('unknown');
  });
});

describe('dailyCheck(stores, partition, asOf)', () => {
  it('checks an hour of each partition once a day, another one each day', async () => {
    const world = await filled();
    for (const partition of PARTITIONS) {
      const chosen: string[] = [];
      const noting: Step = (call, run) => {
        if (call === 'rows.hour') chosen.push(call);
        return run();
      };
      for (let hour = 24; hour < 48; hour++) {
        const stores = stepwiseStores(world, noting);
        expect(await dailyCheck(stores, partition, at(hour), Date.UTC(2026, 10, 25))).toBe('');
      }
      // Only this partition has a file.
      expect(chosen.length > 0).toBe(partition === P3);
    }
  });

  it('names the file that it built again', async () => {
    const world = await filled();
    await unannounced(world);
    const faults: string[] = [];
    for (let day = 1; day <= 24; day++) faults.push(await dailyCheck(world, P3, at(24 * day + 3), 0));
    expect(faults.filter((fault) => fault !== '')).toEqual([
      `the count file of ${FIRST_DAY}, partition 3, differed from the table in hour 22 and was built again`,
    ]);
  });
});

describe('rebuildFiles(stores, partition)', () => {
  it('builds the files of all days with a table again, whatever they hold', async () => {
    const world = await filled();
    await unannounced(world);
    expect((await read(world, 26)).rows).not.toEqual(await scan(world, 26));
    await rebuildFiles(world, P3, 0);
    expect((await read(world, 26)).rows).toEqual(await scan(world, 26));
  });

  it('leaves a file that is marked as sealed', async () => {
    const world = await filled();
    const version = await world.countFiles.mark(REF, true, (await world.countFiles.open(REF, 1))?.version ?? '');
    await rebuildFiles(world, P3, 0);
    expect((await world.countFiles.open(REF, 1))?.version).toBe(version);
  });
});
