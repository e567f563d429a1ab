import { beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import type { DeadLetter } from '../../../src/storage/ports/dead_letters.ts';
import { rowsOf } from '../../support/ingest/verify.ts';
import { event, lines, REF, report, World } from '../../support/ingest/world.ts';
import { mulberry32 } from '../../support/random.ts';

/** Reports of one device to so many addresses, each twice; and one of a quiet device at the end. */
function crowded(addresses: number): string {
  const loud = Array.from({ length: 2 * addresses }, (_, n) =>
    report(n, { DeviceName: 'loud', RemoteIP: `203.0.113.${n % addresses}` }),
  );
  return lines(...loud, report(900, { DeviceName: 'quiet' }));
}

const letters = (world: World): Promise<DeadLetter[]> => Array.fromAsync(world.stores.deadLetters.list());

let world: World;
beforeEach(() => {
  world = new World();
  world.groupsPerDevice = 10;
});

describe('a device with more groups in a segment than the limit', () => {
  it('keeps the first of them by place, with all their reports; the rest is one dead letter with its number', async () => {
    world.append(crowded(15));
    expect((await world.ingest()).counters).toMatchObject({ reports: 21, overGroupLimit: 10, deadLetters: 1 });
    expect(await world.rows()).toEqual([...Array(10).keys(), ...Array.from({ length: 10 }, (_, n) => 15 + n), 900]);
    expect(await letters(world)).toMatchObject([{ reason: 'too-many-groups', reports: 10, record: 0 }]);
    const [{ offset }] = (await letters(world)) as [DeadLetter];
    expect(crowded(15).slice(0, offset).split('\n')).toHaveLength(11);
  });

  it('has the same rows and the same dead letter for any pieces and on a repeat', async () => {
    world.append(crowded(15));
    await world.ingest();
    const other = new World(mulberry32(7));
    other.groupsPerDevice = 10;
    other.append(crowded(15));
    await other.ingest();
    await other.change({ applied: 0, counters: (await world.state()).counters });
    await other.ingest();
    expect(await rowsOf(other.stores)).toEqual(await rowsOf(world.stores));
  });

  it('is one at the limit: every report counts', async () => {
    world.append(crowded(10));
    expect((await world.ingest()).counters).toMatchObject({ reports: 21, overGroupLimit: 0, deadLetters: 0 });
  });

  it('starts again with the next segment', async () => {
    for (const addresses of [10, 10]) {
      world.append(crowded(addresses));
      await world.ingest();
    }
    expect((await world.state()).counters).toMatchObject({ overGroupLimit: 0 });
  });

  it('counts raw events of groups beyond it one by one', async () => {
    const events = Array.from({ length: 24 }, (_, n) =>
      event(`08:00:${String(n).padStart(2, '0')}`, { ip: `203.0.113.${n % 12}` }),
    );
    world.append(lines(...events));
    expect((await world.ingest()).counters).toMatchObject({ reports: 20, overGroupLimit: 4, deadLetters: 1 });
    expect(await letters(world)).toMatchObject([{ reason: 'too-many-groups', reports: 4 }]);
  });

  it('of GROUPS_PER_DEVICE is named by health', async () => {
    const env = { AzureWebJobsStorage: 'UseDevelopmentStorage=true', EXPORT_CONTAINERS: REF.container };
    const config = readConfig({ ...env, GROUPS_PER_DEVICE: '12' });
    const app = createApp(config, { stores: world.stores, clock: () => world.now });
    world.append(crowded(15));
    expect(await app.ingest(REF)).toMatchObject({ counters: { reports: 25, overGroupLimit: 6 } });
    expect((await app.health()).problems.join()).toContain(
      `a device of more than 12 groups in one segment (${REF.container}/${REF.name}): 6 reports`,
    );
    expect(() => readConfig({ ...env, GROUPS_PER_DEVICE: '0' })).toThrow('GROUPS_PER_DEVICE must be');
  });
});
