import { beforeEach, describe, expect, it } from 'vitest';
import { replayed } from '../../../src/ingest/export_state.ts';
import type { DeadLetter } from '../../../src/storage/ports/dead_letters.ts';
import type { Gate } from '../../support/ingest/gate.ts';
import { lines, REF, report, World } from '../../support/ingest/world.ts';
import { mulberry32 } from '../../support/random.ts';

let world: World;
beforeEach(() => {
  world = new World();
});

const letters = (of = world): Promise<DeadLetter[]> => Array.fromAsync(of.stores.deadLetters.list());
const kept = (all: readonly DeadLetter[]) =>
  all.filter(({ reason }) => reason !== 'not-kept').map(({ offset }) => offset);
const summaries = (all: readonly DeadLetter[]) => all.flatMap(({ notKept }) => (notKept ? [notKept] : []));

/** `good` reports first, so that the export is of a known format; then faulty lines of two kinds. */
function faulty(times: number): string {
  const bad = Array.from({ length: times }, (_, n) => (n % 3 === 0 ? '{"Aggregated' : 'x'));
  return lines(report(1), ...bad);
}

/** A report of one of many groups: their transactions, one per partition, end in another order than their lines. */
const spread = (n: number): object => report(n, { RemoteIP: `203.0.113.${n % 250}` });

describe('the dead letters of an export', () => {
  it('are the first 1,000 by place, and the number of the others by reason', async () => {
    world.append(faulty(3_000));
    await world.ingest();
    const all = await letters();
    expect(kept(all)).toHaveLength(1_000);
    expect(kept(all)).toEqual(kept(all).toSorted((a, b) => a - b));
    expect(Math.max(...kept(all))).toBeLessThan(faulty(1_000).length);
    expect(summaries(all)).toEqual([{ 'bad-json': 2_000 }]);
    expect((await world.state()).counters.deadLetters).toBe(3_000);
  });

  it('are the same for any sizes of the pieces', async () => {
    world.append(faulty(2_500));
    await world.ingest();
    const other = new World(mulberry32(7));
    other.append(faulty(2_500));
    await other.ingest();
    expect(await letters(other)).toEqual(await letters());
  });

  it('of later segments are those that the counters of the earlier ones leave room for', async () => {
    world.append(faulty(700));
    await world.ingest();
    world.append(faulty(700));
    await world.ingest();
    world.append(faulty(700));
    await world.ingest();
    const all = await letters();
    expect(kept(all)).toHaveLength(1_000);
    expect(summaries(all)).toEqual(expect.arrayContaining([{ 'bad-json': 400 }, { 'bad-json': 700 }]));
    expect((await world.state()).counters.deadLetters).toBe(2_100);
  });

  it('are the same after a segment was read twice, and after a replay', async () => {
    const clean = new World();
    for (const each of [clean, world]) each.append(faulty(700));
    for (const each of [clean, world]) await each.ingest();
    for (const each of [clean, world]) each.append(faulty(700));
    let commits = 0;
    const gate: Gate = async (call) => {
      // The commit of the second segment fails, after its dead letters were written.
      if (call.op === 'exportStates.replace' && ++commits === 2) throw new Error('died');
      return await call.run();
    };
    await expect(world.ingest({ gate })).rejects.toThrow('died');
    await clean.ingest();
    await world.change({ leasedAt: null, leasedBy: '', nextTry: 0 });
    await world.ingest();
    expect(await letters()).toEqual(await letters(clean));
    const found = await world.stores.exportStates.get(REF);
    if (found === null) throw new Error('no state');
    await world.stores.exportStates.replace(replayed(found.row), found.version);
    await world.ingest();
    expect(await letters()).toEqual(await letters(clean));
  });

  it('that the table refuses are kept by place too, and no more of them', async () => {
    world.append(lines(...Array.from({ length: 2_600 }, (_, n) => spread(n))));
    const { hourlyCounts } = world.stores;
    const refusing = {
      ...world.stores,
      hourlyCounts: Object.assign(Object.create(hourlyCounts), {
        merge: async (_partition: string, _day: string, rows: readonly object[]) =>
          rows.map((row) => ({ row, code: 'EntityTooLarge' })),
      }),
    };
    await world.ingest({ stores: refusing });
    const all = await letters();
    const first = lines(...Array.from({ length: 1_000 }, (_, n) => spread(n))).length;
    expect(kept(all)).toHaveLength(1_000);
    expect(Math.max(...kept(all))).toBeLessThan(first);
    expect(summaries(all)).toEqual([{ 'refused-row': 1_600 }]);
    expect((await world.state()).counters).toMatchObject({ reports: 0, deadLetters: 2_600 });
  });
});
