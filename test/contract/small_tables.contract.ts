import { beforeEach, expect, it } from 'vitest';
import { DAY_MS } from '../../src/core/kql/timespan.ts';
import { addMs, type Timestamp } from '../../src/core/kql/timestamp.ts';
import { type Day, dayOf } from '../../src/core/records/day.ts';
import type { Partition } from '../../src/storage/ports/hourly_counts.ts';
import type { Run, Runs } from '../../src/storage/ports/runs.ts';
import type { SinkState, SinkStates } from '../../src/storage/ports/sink_states.ts';
import { all, T0, T1, T2 } from './samples.ts';

function run(changes: Partial<Run> = {}): Run {
  return {
    asOf: T1,
    partition: '3' as Partition,
    groups: 12_345,
    rows: 2 ** 33,
    detections: 3,
    opened: 1,
    resolved: 2,
    pending: 4,
    requests: 2 ** 33,
    newestReport: T0,
    durationMs: 1_234,
    endedAt: 1_795_450_841_123,
    oldestUnreadMs: 2 ** 32,
    badRows: 0,
    badRow: '',
    fileFault: '',
    contextPartitions: 16,
    contextFault: 'partition 3 has no partial',
    ...changes,
  };
}

/** What every Runs does; two views on one empty store. */
export function runsContract(make: () => Promise<readonly [Runs, Runs]>): void {
  let store: Runs;
  let other: Runs;
  beforeEach(async () => {
    [store, other] = await make();
  });

  it('since where nothing is yet is empty, and expire does nothing', async () => {
    expect(await all(store.since(T0))).toEqual([]);
    await store.expire(T2);
  });

  it('put keeps a run, and puts a repeat of it in its place', async () => {
    await Promise.all([store.put(run({ groups: 1 })), other.put(run({ partition: 'a' as Partition }))]);
    const skipping = { badRows: 2, badRow: 'HourlyCounts: the row …' };
    await store.put(run({ newestReport: '', requests: null, ...skipping }));
    expect(await all(store.since(T1))).toEqual([
      run({ newestReport: '', requests: null, ...skipping }),
      run({ partition: 'a' as Partition }),
    ]);
  });

  it('since gives runs from that asOf on, oldest first; expire removes those before', async () => {
    for (const asOf of [T2, T0, T1]) await store.put(run({ asOf }));
    const since = async (asOf: Timestamp): Promise<Timestamp[]> => (await all(store.since(asOf))).map((r) => r.asOf);
    expect(await since(T0)).toEqual([T0, T1, T2]);
    expect(await since(T1)).toEqual([T1, T2]);
    await store.expire(T1);
    await other.expire(T1);
    expect(await since(T0)).toEqual([T1, T2]);
  });

  it('lastExpiry is what noteExpiry was last called with, and no run', async () => {
    expect(await store.lastExpiry()).toBeNull();
    await store.noteExpiry(T2);
    await other.noteExpiry(T1);
    expect(await store.lastExpiry()).toBe(T1);
    expect(await all(store.since(T0))).toEqual([]);
    await store.expire(T2);
    expect(await other.lastExpiry()).toBe(T1);
  });

  it('baseline is what was noted first, and no run', async () => {
    const none = { firstContext: '', ended: '' } as const;
    expect(await store.baseline()).toEqual(none);
    await store.noteBaseline({ firstContext: T1, ended: '' });
    await other.noteBaseline({ firstContext: T2, ended: '' });
    expect(await store.baseline()).toEqual({ firstContext: T1, ended: '' });
    await other.noteBaseline({ firstContext: T1, ended: T2 });
    await store.noteBaseline(none);
    await store.expire(T2);
    expect(await other.baseline()).toEqual({ firstContext: T1, ended: T2 });
    expect(await all(store.since(T0))).toEqual([]);
  });

  const boundary = (day: number, since = day) => ({ firstOpen: addedDays(day), since });

  it('boundaries are those that were moved to, oldest first, and no run', async () => {
    expect(await store.boundaries()).toEqual([]);
    await store.moveBoundary(boundary(1));
    await other.moveBoundary(boundary(2));
    expect(await store.boundaries()).toEqual([boundary(1), boundary(2)]);
    expect(await all(store.since(T0))).toEqual([]);
    await store.expire(T2);
    expect(await other.boundaries()).toHaveLength(2);
  });

  it('moveBoundary never moves back, and keeps since when a boundary stands', async () => {
    await store.moveBoundary(boundary(5));
    for (const day of [4, 5]) await other.moveBoundary(boundary(day, 99));
    expect(await store.boundaries()).toEqual([boundary(5)]);
  });

  it('moveBoundary by many at once ends at the latest', async () => {
    await Promise.all([3, 1, 4, 2].map((day) => (day % 2 === 0 ? store : other).moveBoundary(boundary(day))));
    const found = await store.boundaries();
    expect(found.at(-1)).toEqual(boundary(4));
    expect(found.map(({ firstOpen }) => firstOpen)).toEqual(found.map(({ firstOpen }) => firstOpen).toSorted());
  });

  it('boundaries are the newest fifty', async () => {
    for (let day = 0; day < 52; day++) await store.moveBoundary(boundary(day));
    expect((await store.boundaries()).map(({ since }) => since)).toEqual(Array.from({ length: 50 }, (_, n) => n + 2));
  });

  it('sealedDays are those that were noted, oldest first, until they are forgotten', async () => {
    expect(await store.sealedDays()).toEqual([]);
    await store.forgetSealed(addedDays(9));
    for (const day of [3, 1, 3, 2]) await other.noteSealed(addedDays(day));
    expect(await store.sealedDays()).toEqual([1, 2, 3].map(addedDays));
    expect(await all(store.since(T0))).toEqual([]);
    await store.forgetSealed(addedDays(3));
    expect(await other.sealedDays()).toEqual([addedDays(3)]);
  });

  it('expire removes more than a transaction holds', async () => {
    const runs = Array.from({ length: 130 }, (_, n) => run({ asOf: T0, partition: n.toString(16) as Partition }));
    await Promise.all(runs.map((each) => store.put(each)));
    await store.expire(T1);
    expect(await all(store.since(T0))).toEqual([]);
  });
}

function addedDays(days: number): Day {
  return dayOf(addMs(T0, days * DAY_MS));
}

/** What every SinkStates does; two views on one empty store. */
export function sinkStatesContract(make: () => Promise<readonly [SinkStates, SinkStates]>): void {
  let store: SinkStates;
  let other: SinkStates;
  beforeEach(async () => {
    [store, other] = await make();
  });
  const sink: SinkState = {
    name: 'soc',
    since: T0,
    disabledAt: null,
    settings: 'ab12',
    failures: 0,
    notBefore: 0,
  };

  const inserted = async (row = sink): Promise<string> => {
    const version = await store.insert(row);
    if (version === null) throw new Error('not inserted');
    return version;
  };

  it('get where there is none is null', async () => {
    expect(await store.get('soc')).toBeNull();
  });

  it.each([
    {},
    { disabledAt: 1_795_450_841_123 },
    { failures: 3, notBefore: 1_795_450_841_123 },
    { minSeverity: 'high', sources: ['sysmon', 'zeek'], detectors: ['regularity'] } as const,
    { settings: '' },
    ...['soc_chat', 'SOC', '__', '0'].map((name) => ({ name })),
  ])('insert keeps %j, by its name', async (changes) => {
    const row = { ...sink, ...changes };
    const version = await inserted(row);
    expect(await other.get(row.name)).toEqual({ row, version });
    expect(await store.get(row.name === 'soc' ? '_' : 'soc')).toBeNull();
  });

  it('list gives all, in order of name, under the versions that they have', async () => {
    expect(await store.list()).toEqual([]);
    const soc = await inserted();
    const chat = await store.insert({ ...sink, name: 'chat' });
    const after = await store.replace({ ...sink, failures: 1 }, soc);
    expect(await other.list()).toEqual([
      { row: { ...sink, name: 'chat' }, version: chat },
      { row: { ...sink, failures: 1 }, version: after },
    ]);
  });

  it('insert of one that exists is null, and changes nothing', async () => {
    const version = await inserted();
    expect(await other.insert({ ...sink, since: T2 })).toBeNull();
    expect(await store.get('soc')).toEqual({ row: sink, version });
  });

  it('insert by two workers at once, where nothing is yet, is done by one', async () => {
    const versions = await Promise.all([store.insert(sink), other.insert({ ...sink, since: T2 })]);
    expect(versions.filter((version) => version !== null)).toHaveLength(1);
  });

  it('replace of the version that was read gives a new one', async () => {
    const first = await inserted({ ...sink, disabledAt: 5 });
    const second = await other.replace(sink, first);
    expect(second).not.toBe(first);
    expect(await store.get('soc')).toEqual({ row: sink, version: second });
  });

  it('replace of another version is null, and changes nothing', async () => {
    const first = await inserted();
    const second = await store.replace({ ...sink, disabledAt: 5 }, first);
    expect(await other.replace({ ...sink, failures: 1 }, first)).toBeNull();
    expect(await store.get('soc')).toEqual({ row: { ...sink, disabledAt: 5 }, version: second });
  });

  it('replace where there is none is null', async () => {
    const version = await inserted();
    expect(await other.replace({ ...sink, name: 'chat' }, version)).toBeNull();
    expect(await store.get('chat')).toBeNull();
  });

  it('replace by two workers at once is done by one', async () => {
    const version = await inserted();
    const versions = await Promise.all([1, 2].map((failures) => store.replace({ ...sink, failures }, version)));
    expect(versions.filter((each) => each !== null)).toHaveLength(1);
  });
}
