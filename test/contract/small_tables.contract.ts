import { beforeEach, describe, expect, it } from 'vitest';
import type { Timestamp } from '../../src/core/timestamp.ts';
import type { Partition, Run, Runs, SinkState, SinkStates } from '../../src/ports.ts';
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
    due: 4,
    requests: 2 ** 33,
    expiredRows: 2 ** 32,
    newestReport: T0,
    durationMs: 1_234,
    endedAt: 1_795_450_841_123,
    oldestUnreadMs: 2 ** 32,
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
    await store.put(run({ newestReport: '' as Timestamp, requests: null }));
    expect(await all(store.since(T1))).toEqual([
      run({ newestReport: '' as Timestamp, requests: null }),
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

  it('expire removes more than a transaction holds', async () => {
    const runs = Array.from({ length: 130 }, (_, n) => run({ asOf: T0, partition: n.toString(16) as Partition }));
    await Promise.all(runs.map((each) => store.put(each)));
    await store.expire(T1);
    expect(await all(store.since(T0))).toEqual([]);
  });
}

/** What every SinkStates does; two views on one empty store. */
export function sinkStatesContract(make: () => Promise<readonly [SinkStates, SinkStates]>): void {
  let store: SinkStates;
  let other: SinkStates;
  beforeEach(async () => {
    [store, other] = await make();
  });
  const sink: SinkState = { name: 'soc', since: T0, disabledAt: null, settings: 'ab12', failures: 0, notBefore: 0 };

  it('get where there is none is null', async () => {
    expect(await store.get('soc')).toBeNull();
  });

  it('ensure writes the row if there is none, and gives back what is there', async () => {
    expect(await store.ensure(sink)).toEqual(sink);
    expect(await other.ensure({ ...sink, since: T2 })).toEqual(sink);
    expect(await store.get('soc')).toEqual(sink);
  });

  it('ensure by two workers at once gives both the same', async () => {
    const [one, two] = await Promise.all([store.ensure(sink), other.ensure({ ...sink, since: T2 })]);
    expect(one).toEqual(two);
  });

  it('put writes the row, whatever is there', async () => {
    await store.put({ ...sink, disabledAt: 1_795_450_841_123 });
    expect(await store.get('soc')).toEqual({ ...sink, disabledAt: 1_795_450_841_123 });
    await store.put({ ...sink, failures: 3, notBefore: 1_795_450_841_123 });
    expect(await store.get('soc')).toEqual({ ...sink, failures: 3, notBefore: 1_795_450_841_123 });
    await other.put({ ...sink, settings: '' });
    await store.put({ ...sink, settings: '' });
    expect(await store.get('soc')).toEqual({ ...sink, settings: '' });
  });

  describe('names', () => {
    it.each(['soc_chat', 'SOC', '__', '0'])('%j is kept apart from others', async (name) => {
      await store.put({ ...sink, name });
      expect(await store.get(name)).toEqual({ ...sink, name });
      expect(await store.get('soc')).toBeNull();
      expect(await store.get('_')).toBeNull();
    });
  });
}
