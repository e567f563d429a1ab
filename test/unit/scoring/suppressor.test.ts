import { beforeEach, describe, expect, it } from 'vitest';
import type { Timestamp } from '../../../src/core/kql/timestamp.ts';
import { Suppressor } from '../../../src/scoring/suppressor.ts';
import { P3, suppression, T0, T1, T2 } from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { at, group, hours, idOf, P, sinkState, Tenant } from '../../support/scoring/tenant.ts';

const LATER = '2026-12-31T00:00:00.0000000Z' as Timestamp;

async function suppressedOf({ suppressions }: Pick<MemoryStores, 'suppressions'>, id: string) {
  const rows = (await Array.fromAsync(suppressions.list())).flat();
  return rows.find(({ suppression }) => suppression.id === id)?.suppressed;
}

describe('Suppressor', () => {
  let stores: MemoryStores;
  beforeEach(async () => {
    stores = memoryStores();
    await stores.suppressions.insert(suppression({ id: 's-1', expires: LATER }));
    await stores.suppressions.insert(suppression({ id: 's-2', expires: T1, process: '', remote: '198.51.100.7' }));
  });

  const counted = async (id: string) => suppressedOf(stores, id);
  const write = async (hits: Record<string, number>, asOf: Timestamp) =>
    (await Suppressor.read(stores, T0)).write(stores, new Map(Object.entries(hits)), P3, asOf);

  it('by(group) is the id of what suppresses it, while that has not expired', async () => {
    const one = {
      ...({ source: 'defender', assessments: { 'kql-rule': {}, regularity: null }, DeviceName: 'x' } as const),
      ...{ InitiatingProcessFileName: 'y', RemoteIP: '198.51.100.7', programHash: null },
    };
    expect((await Suppressor.read(stores, T0)).by(one)).toBe('s-2');
    expect((await Suppressor.read(stores, T1)).by(one)).toBe('');
    expect((await Suppressor.read(stores, T0)).by({ ...one, RemoteIP: '198.51.100.8' })).toBe('');
  });

  it('write counts what was suppressed, remembers since when, and writes nothing of an entry that suppressed nothing', async () => {
    await write({ 's-1': 2 }, T0);
    expect([await counted('s-1'), await counted('s-2')]).toEqual([{ 3: { asOf: T0, detections: 2, since: T0 } }, {}]);
    await write({ 's-1': 5, gone: 1 }, T1);
    expect(await counted('s-1')).toEqual({ 3: { asOf: T1, detections: 5, since: T0 } });
    await write({}, T2);
    expect(await counted('s-1')).toEqual({ 3: { asOf: T1, detections: 5, since: T0 } });
  });

  it('write of the same run once more counts what it suppressed then', async () => {
    await write({ 's-1': 5 }, T1);
    await write({ 's-1': 6 }, T1);
    expect(await counted('s-1')).toEqual({ 3: { asOf: T1, detections: 6, since: T1 } });
  });

  it('write of the same run once more changes nothing, nor does that of an earlier one', async () => {
    await write({ 's-1': 5 }, T1);
    const before = await counted('s-1');
    await write({ 's-1': 5 }, T1);
    await write({ 's-1': 9 }, T0);
    expect(await counted('s-1')).toEqual(before);
  });
});

describe('scorePartition with suppressions', () => {
  const BEACON = group(1);
  const OTHER = group(2, '3fffffff');
  let tenant: Tenant;
  beforeEach(async () => {
    tenant = new Tenant();
    for (const each of [BEACON, OTHER]) await tenant.reports(each, hours(0, 3));
  });

  const run = (hour: number) => tenant.fresh(hour, { sinks: [sinkState('soc')] });
  const hide = (id: string, changes: object) =>
    tenant.stores.suppressions.insert(suppression({ id, process: '', remote: '', expires: at(1000), ...changes }));

  it('an entry acts from the next run on, on what is there already; it suppresses, and drops nothing', async () => {
    await run(4);
    await tenant.pending();
    await hide('s-1', { device: BEACON.DeviceName.toUpperCase() });
    expect(await run(5)).toMatchObject({ detections: 2, pending: 1 });
    expect(await tenant.pending()).toEqual([{ detectionId: idOf(OTHER), sink: 'soc' }]);
    expect(await tenant.detection(BEACON)).toMatchObject({ state: 'ongoing', suppressedBy: 's-1', asOf: at(5) });
  });

  it('what an entry suppressed is notified when it expires, if it is still active and untold', async () => {
    // The run for hour 5 is at 5:45.
    await hide('s-1', { device: BEACON.DeviceName, expires: at(5.7) });
    await hide('s-2', { device: OTHER.DeviceName, expires: at(20.7) });
    await run(4);
    expect(await tenant.pending()).toEqual([]);
    await run(5);
    expect(await tenant.pending()).toEqual([{ detectionId: idOf(BEACON), sink: 'soc' }]);
    await tenant.mark(BEACON, 'soc');
    await run(6);
    expect(await tenant.pending()).toEqual([]);
    // The other is over by then.
    await run(85);
    expect(await tenant.detection(OTHER)).toMatchObject({ state: 'resolved' });
    expect(await tenant.pending()).toEqual([]);
  });

  it('counts what each entry suppresses in each run, matches and what is left equal, until nothing is active', async () => {
    await hide('s-1', { device: BEACON.DeviceName });
    await hide('s-2', { source: 'defender', expires: at(999) });
    const counted = async () =>
      Promise.all(['s-1', 's-2'].map(async (id) => (await suppressedOf(tenant.stores, id))?.[P] ?? null));
    await run(4);
    expect(await counted()).toEqual([
      { asOf: at(4), detections: 1, since: at(4) },
      { asOf: at(4), detections: 1, since: at(4) },
    ]);
    // No match any more, and still active.
    await run(14);
    expect(await counted()).toEqual([
      { asOf: at(14), detections: 1, since: at(4) },
      { asOf: at(14), detections: 1, since: at(4) },
    ]);
    await run(90);
    await run(91);
    expect((await counted()).map((each) => each?.asOf)).toEqual([at(14), at(14)]);
  });

  it('writes once for each entry that had a hit, and nothing where there is none', async () => {
    let writes = 0;
    const { count } = tenant.stores.suppressions;
    tenant.stores.suppressions.count = (...args) => {
      writes++;
      return count.apply(tenant.stores.suppressions, args);
    };
    await run(4);
    expect(writes).toBe(0);
    await hide('s-1', { source: 'defender' });
    await hide('s-2', { device: 'nobody' });
    await run(5);
    expect(writes).toBe(1);
  });
});
