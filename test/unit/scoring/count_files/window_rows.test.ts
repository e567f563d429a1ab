import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sealDay } from '../../../../src/scoring/count_files/seal_day.ts';
import { P3 } from '../../../contract/samples.ts';
import { tries } from '../../../support/effort.ts';
import {
  anyRowSpec,
  FIRST_DAY,
  lacking,
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

const noting =
  (calls: string[]): Step =>
  (call, run) => {
    calls.push(call);
    return run();
  };
const countReads = (calls: readonly string[]) => calls.filter((call) => /rows\.(hour|day|ofGroup)$/.test(call));
const rows = fc.array(anyRowSpec, { maxLength: 40 });

async function filled(specs: readonly Parameters<typeof rowOf>[0][], world: World = newWorld()): Promise<World> {
  for (const [n, spec] of specs.entries()) await write(world.hourlyCounts, [rowOf(spec)], n, n % 2 === 0);
  return world;
}

describe('windowRows(stores, partition, window)', () => {
  it('gives what a scan of the table gives, now, after more rows, and once the day has ended', async () => {
    const equals = fc.asyncProperty(rows, rows, fc.constantFrom(40, 400, 100_000), async (first, second, bytes) => {
      const sizes = { ...TINY, first: bytes };
      const world = await filled(first);
      for (const hour of [24, 26]) expect((await read(world, hour, { sizes })).rows).toEqual(await scan(world, hour));
      await filled(second, world);
      for (const hour of [25, 49, 70]) {
        expect((await read(world, hour, { sizes })).rows).toEqual(await scan(world, hour));
      }
    });
    await fc.assert(equals, { numRuns: tries(60, 1000) });
  });

  it('with nothing new reads no rows of the table, and writes nothing', async () => {
    const world = await filled([1, 2, 3].flatMap((group) => [22, 23, 24].map((hour) => ({ group, hour, number: 1 }))));
    for (const hour of [26, 49]) {
      await read(world, hour);
      const calls: string[] = [];
      const stores = stepwiseStores(world, noting(calls));
      expect((await read(stores, hour)).rows).toHaveLength(9);
      expect(countReads(calls)).toEqual([]);
      expect(calls.filter((call) => /put|stage|commit|settle/.test(call))).toEqual([]);
    }
  });

  it('reads the rows of a late group alone, and those of an hour with many late groups at once', async () => {
    const world = await filled([1, 2, 3, 4].map((group) => ({ group, hour: 23, number: 1 })));
    await read(world, 26);
    await write(world.hourlyCounts, [rowOf({ group: 2, hour: 23, number: 5 })], 7, true);
    const calls: string[] = [];
    const stores = stepwiseStores(world, noting(calls));
    expect((await read(stores, 26)).rows).toEqual(await scan(world, 26));
    expect(new Set(countReads(calls))).toEqual(new Set(['rows.ofGroup']));
    const late = [1, 2, 3].map((group) => rowOf({ group, hour: 23, number: 6 }));
    await write(world.hourlyCounts, late, 8, true);
    calls.length = 0;
    expect((await read(stores, 26)).rows).toEqual(await scan(world, 26));
    expect(new Set(countReads(calls))).toEqual(new Set(['rows.hour']));
  });

  it('laid over the files is right where the table goes while it is read', async () => {
    const world = await filled([1, 2].flatMap((group) => [22, 23].map((hour) => ({ group, hour, number: 1 }))));
    await read(world, 49);
    await write(world.hourlyCounts, [rowOf({ group: 3, hour: 23, number: 5 })], 7, false);
    const expected = await scan(world, 49);
    // Another worker reads what is new, and the day is sealed, between two calls.
    let isSealed = false;
    const step: Step = async (call, run) => {
      if (call === 'rows.hour' && !isSealed) {
        isSealed = true;
        await read(world, 49);
        await world.hourlyCounts.removeDay(FIRST_DAY);
      }
      return await run();
    };
    const { rows: found } = await read(stepwiseStores(world, step), 49, { mode: 'overlay' });
    expect(isSealed).toBe(true);
    expect(found).toEqual(expected);
  });

  it('laid over nothing lacks no row where another run builds the missing file, and its day is sealed meanwhile', async () => {
    for (let sealedAt = 0; sealedAt < 12; sealedAt++) {
      const world = await filled([1, 2, 3].map((group) => ({ group, hour: 22 + (group % 2), number: 1 })));
      const before = await scan(world, 49);
      let calls = 0;
      const sealing: Step = async (call, run) => {
        if (call.startsWith('rows.') && calls++ === sealedAt) {
          await read(world, 49);
          await sealDay(world, FIRST_DAY, async () => {}, [P3]);
        }
        return await run();
      };
      const { rows, gaps } = await read(stepwiseStores(world, sealing), 49, { mode: 'overlay' });
      expect({ sealedAt, lacks: lacking(before, rows), more: lacking(rows, before) }).toEqual({
        sealedAt,
        lacks: [],
        more: [],
      });
      expect(gaps.map(({ day }) => day)).not.toContain(FIRST_DAY);
      if (calls > sealedAt) expect(world.sealed).toHaveLength(3);
    }
  });

  it('laid over the files gives the same, and writes nothing', async () => {
    const equals = fc.asyncProperty(rows, rows, fc.boolean(), async (first, second, isRead) => {
      const world = await filled(first);
      if (isRead) await read(world, 26);
      await filled(second, world);
      const calls: string[] = [];
      const stores = stepwiseStores(world, noting(calls));
      expect((await read(stores, 26, { mode: 'overlay' })).rows).toEqual(await scan(world, 26));
      expect(calls.filter((call) => /put|stage|commit|settle|mark/.test(call))).toEqual([]);
    });
    await fc.assert(equals, { numRuns: tries(40, 1000) });
  });

  it('builds a file again that is missing, damaged or foreign', async () => {
    const damage = fc.record({
      kind: fc.constantFrom('remove', 'cut', 'flip', 'foreign'),
      place: fc.double({ min: 0, max: 1, noNaN: true }),
      bytes: fc.constantFrom(40, 400, 100_000),
    });
    const repairs = fc.asyncProperty(rows, damage, async (specs, { kind, place, bytes }) => {
      const sizes = { ...TINY, first: bytes };
      const world = await filled([...specs, { group: 1, hour: 23, number: 1 }]);
      await read(world, 26, { sizes });
      const ref = { partition: '3', day: '2026-11-20' } as never;
      const found = await world.countFiles.open(ref, 1e9);
      const whole = Buffer.from(found?.bytes ?? []);
      const at = Math.floor(place * (whole.length - 1));
      if (kind === 'cut') await world.countFiles.put(ref, whole.subarray(0, at), found?.version ?? '');
      if (kind === 'foreign') await world.countFiles.put(ref, Buffer.from('PAR1'), found?.version ?? '');
      if (kind === 'remove') await world.countFiles.remove(ref);
      if (kind === 'flip') {
        whole[at] = (whole[at] as number) ^ 1;
        await world.countFiles.put(ref, whole, found?.version ?? '');
      }
      const again = await read(world, 26, { sizes });
      expect(again.rows).toEqual(await scan(world, 26));
      expect(again.gaps.map(({ day }) => day)).not.toContain('2026-11-20');
      expect(lacking((await read(world, 26, { sizes })).rows, again.rows)).toEqual([]);
    });
    await fc.assert(repairs, { numRuns: tries(80, 2000) });
  });

  it('goes on at the same group-hour where a file changes while it is read', async () => {
    // Of one group and hour there are more rows than a frame holds.
    const many = fc.array(
      fc.record({ group: fc.integer({ min: 1, max: 3 }), hour: fc.constantFrom(22, 23), number: fc.nat(40) }),
      {
        minLength: 20,
        maxLength: 60,
      },
    );
    let changes = 0;
    const resumes = fc.asyncProperty(many, fc.nat(12), fc.boolean(), async (specs, changed, isTwice) => {
      const world = await filled(specs);
      const sizes = { ...TINY, first: 40, read: 60 };
      await read(world, 26, { sizes });
      const ref = { partition: P3, day: FIRST_DAY };
      let reads = 0;
      const rewriting: Step = async (call, run) => {
        if (call === 'files.read' && (reads++ === changed || (isTwice && reads === changed + 3))) {
          changes++;
          const { bytes = new Uint8Array(), version = '' } = (await world.countFiles.open(ref, 1e9)) ?? {};
          await world.countFiles.put(ref, bytes, version);
        }
        return await run();
      };
      expect((await read(stepwiseStores(world, rewriting), 26, { sizes })).rows).toEqual(await scan(world, 26));
    });
    await fc.assert(resumes, { numRuns: tries(40, 1000) });
    expect(changes).toBeGreaterThan(tries(20, 500));
  });

  it('of a day without a table gives what its file holds, or names the gap', async () => {
    const world = await filled([1, 2].map((group) => ({ group, hour: 23, number: 1 })));
    await read(world, 26);
    const before = await scan(world, 26);
    await world.hourlyCounts.removeDay('2026-11-20' as never);
    expect(await read(world, 26)).toMatchObject({ rows: before });
    expect((await read(world, 26, { mode: 'overlay' })).rows).toEqual(before);
    const ref = { partition: '3', day: '2026-11-20' } as never;
    await world.countFiles.remove(ref);
    const { rows: none, gaps } = await read(world, 26);
    expect(none).toEqual([]);
    expect(gaps).toContainEqual({ partition: '3', day: '2026-11-20', reason: 'missing' });
    expect(await world.countFiles.open(ref, 1)).toBeNull();
  });

  it('does not take a missing file for an empty day where the table goes during the run', async () => {
    const world = await filled([1, 2].map((group) => ({ group, hour: 23, number: 1 })));
    let listed = 0;
    const going: Step = async (call, run) => {
      if (call === 'rows.days' && listed++ === 1) await world.hourlyCounts.removeDay(FIRST_DAY);
      return await run();
    };
    const { rows: none, gaps } = await read(stepwiseStores(world, going), 26);
    expect(none).toEqual([]);
    expect(gaps).toContainEqual({ partition: '3', day: FIRST_DAY, reason: 'missing' });
    expect(await world.countFiles.open({ partition: P3, day: FIRST_DAY }, 1)).toBeNull();
  });
});
