import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/kql/timespan.ts';
import { addMs, type Timestamp, timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import {
  addSuppression,
  expireSuppressions,
  listSuppressions,
  MAX_SUPPRESSIONS,
  type NewSuppression,
} from '../../../src/detections/suppressions.ts';
import type { Partition } from '../../../src/storage/ports/hourly_counts.ts';
import { suppression, T0, T1, T2 } from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const inDays = (days: number): Timestamp => timestampFromMs(NOW + days * DAY_MS);

let stores: MemoryStores;
let ids: string[];
beforeEach(() => {
  stores = memoryStores();
  ids = ['s-1', 's-2', 's-3'];
});

const wanted = (changes: Partial<NewSuppression> = {}): NewSuppression => ({
  ...{ device: '', process: '', remote: '', hash: '', source: '', detector: '' },
  ...{ owner: 'ana', reason: 'ours', expires: inDays(90) },
  ...changes,
});
const add = (changes: Partial<NewSuppression>, force = false) =>
  addSuppression(
    stores,
    wanted(changes),
    force,
    () => NOW,
    () => ids.shift() ?? 'none left',
  );
const entries = async () => (await Array.fromAsync(stores.suppressions.list())).flat();

describe('addSuppression(stores, wanted, force, …)', () => {
  it('writes the entry, its range as one writes it', async () => {
    const added = await add({ process: 'updater.exe', remote: '203.0.113.77/24' });
    const suppression = {
      ...wanted({ process: 'updater.exe', remote: '203.0.113.0/24' }),
      ...{ id: 's-1', createdAt: timestampFromMs(NOW) },
    };
    expect(added).toEqual({ ok: true, suppression });
    expect(await entries()).toEqual([{ suppression, suppressed: {} }]);
  });

  it('takes another id where there is one of it', async () => {
    await stores.suppressions.insert(suppression({ id: 's-1' }));
    expect(await add({ device: 'wks-1' })).toMatchObject({ ok: true, suppression: { id: 's-2' } });
  });

  it.each<[Partial<NewSuppression>, RegExp]>([
    [{}, /at least one of device/],
    [{ device: 'x'.repeat(1025) }, /device must be at most 1024/],
    [{ process: 'x'.repeat(1025) }, /process must be at most 1024/],
    [{ device: 'x', owner: 'x'.repeat(201) }, /owner must be at most 200/],
    [{ device: 'x', reason: 'x'.repeat(1001) }, /reason must be at most 1000/],
    [{ device: 'x', owner: ' ' }, /owner/],
    [{ device: 'x', reason: '' }, /reason/],
    [{ device: 'x', expires: inDays(0) }, /in the future/],
    [{ device: 'x', expires: inDays(366.01) }, /within 366 days/],
    [{ source: 'Defender' }, /source must be one of defender, /],
    [{ detector: 'kql' }, /detector must be one of kql-rule, regularity$/],
    [{ remote: 'example.com' }, /address or CIDR/],
    [{ remote: '0.0.0.0/1' }, /no wider/],
  ])('refuses %o, and cannot be forced', async (changes, reason) => {
    for (const force of [false, true]) {
      const added = await add(changes, force);
      expect(added).toMatchObject({ ok: false, forcible: false, reason: expect.stringMatching(reason) });
    }
    expect(await entries()).toEqual([]);
  });

  it('refuses what suppresses attackers, unless it is forced', async () => {
    expect(await add({ process: 'rundll32.exe' })).toMatchObject({ ok: false, forcible: true });
    expect(await entries()).toEqual([]);
    expect(await add({ process: 'rundll32.exe' }, true)).toMatchObject({ ok: true });
    expect(await add({ process: 'rundll32.exe', remote: '203.0.113.7' })).toMatchObject({ ok: true });
  });

  it('refuses more entries than a run reads', async () => {
    for (let n = 0; n < MAX_SUPPRESSIONS - 1; n++) await stores.suppressions.insert(suppression({ id: `x-${n}` }));
    expect(await add({ device: 'x' })).toMatchObject({ ok: true });
    expect(await add({ device: 'x' }, true)).toMatchObject({
      ok: false,
      forcible: false,
      reason: expect.stringMatching(/there are 1000 suppressions/),
    });
  });
});

describe('listSuppressions(stores, clock)', () => {
  it('shows all, first the one that expires first, and which have expired', async () => {
    await stores.suppressions.insert(suppression({ id: 'b', expires: inDays(1) }));
    await stores.suppressions.insert(suppression({ id: 'c', expires: inDays(0) }));
    await stores.suppressions.insert(suppression({ id: 'a', expires: inDays(1) }));
    const listed = await listSuppressions(stores, () => NOW);
    expect(listed.map(({ id, expired }) => [id, expired])).toEqual([
      ['c', true],
      ['a', false],
      ['b', false],
    ]);
    expect(listed[0]?.hits).toEqual({ detections: 0, since: null, last: null });
  });

  it('adds up what the newest run that had a hit suppressed in all partitions', async () => {
    const { id } = suppression();
    await stores.suppressions.insert(suppression());
    await stores.suppressions.count(id, '1' as Partition, { asOf: T2, detections: 3, since: T1 });
    await stores.suppressions.count(id, '2' as Partition, { asOf: T1, detections: 50, since: T0 });
    await stores.suppressions.count(id, 'f' as Partition, { asOf: T2, detections: 4, since: T2 });
    expect((await listSuppressions(stores, () => NOW))[0]?.hits).toEqual({ detections: 7, since: T0, last: T2 });
  });
});

it('expireSuppressions(stores, before) removes what expired before', async () => {
  await stores.suppressions.insert(suppression({ id: 'a', expires: addMs(T1, -1) }));
  await stores.suppressions.insert(suppression({ id: 'b', expires: T1 }));
  await expireSuppressions(stores, T1);
  expect((await entries()).map((row) => row.suppression.id)).toEqual(['b']);
});
