import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { msOf } from '../../../src/core/kql/timestamp.ts';
import { MAX_ROWS_TOGETHER, partitionsTogether } from '../../../src/scoring/partitions_together.ts';
import { MAX_TOGETHER_MS, scorePartitions } from '../../../src/scoring/score_partitions.ts';
import type { ScoreMessage } from '../../../src/scoring/score_windows.ts';
import { PARTITIONS } from '../../../src/storage/keys.ts';
import type { Partition } from '../../../src/storage/ports/hourly_counts.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { at, group, hours, SETTINGS, Tenant, withCounts } from '../../support/scoring/tenant.ts';

const P = (name: string) => name as Partition;
const MESSAGE: ScoreMessage = {
  partitions: ['1', '2', '3'].map(P),
  asOf: at(4),
  oldestUnreadMs: 7,
  newestReport: at(4),
};
const NOW = msOf(at(4)) + HOUR_MS;

describe('partitionsTogether(rowsOf)', () => {
  it('has each partition once, and no group of several above the limit', () => {
    const rowsOf = fc.array(fc.tuple(fc.constantFrom(...PARTITIONS), fc.nat(MAX_ROWS_TOGETHER * 2)));
    fc.assert(
      fc.property(rowsOf, (entries) => {
        const known = new Map(entries);
        const groups = partitionsTogether(known);
        expect(groups.flat().toSorted()).toEqual(PARTITIONS);
        for (const each of groups.filter(({ length }) => length !== 1)) {
          expect(each.every((partition) => known.has(partition))).toBe(true);
          expect(each.reduce((sum, partition) => sum + (known.get(partition) ?? 0), 0)).toBeLessThanOrEqual(
            MAX_ROWS_TOGETHER,
          );
        }
      }),
    );
  });

  it.each([
    // Four days of 4.6 and of 18.2 rows per device and hour.
    ['250 devices, 436,800 rows', 436_800, 1],
    ['1,000 devices, 441,600 rows', 441_600, 1],
    ['2,000 devices, 3,494,400 rows', 3_494_400, 8],
    ['10,000 devices, 4,416,000 rows', 4_416_000, 16],
    ['an empty tenant', 0, 1],
  ])('of %s is %d rows in %d groups', (_name, rows, groups) => {
    const known = new Map(PARTITIONS.map((partition) => [partition, rows / PARTITIONS.length]));
    expect(partitionsTogether(known)).toHaveLength(groups);
  });

  it('of a first run is each alone: nobody knows how large they are', () => {
    expect(partitionsTogether(new Map())).toEqual(PARTITIONS.map((partition) => [partition]));
  });
});

describe('scorePartitions', () => {
  let tenant: Tenant;
  beforeEach(async () => {
    tenant = new Tenant();
    for (const partition of MESSAGE.partitions) await tenant.reports(group(1, `${partition}000000a`), hours(0, 3));
  });
  const run = (stores: Stores = tenant.stores, message = MESSAGE, clock = () => NOW) =>
    scorePartitions(stores, SETTINGS, [], message, clock);
  const failingIn = (...names: string[]): Stores =>
    withCounts(tenant.stores, (base) => ({
      async *day(partition, day) {
        if (names.includes(partition)) throw new Error(`no ${partition}`);
        yield* base.day(partition, day);
      },
    }));
  const states = async () =>
    (await tenant.all()).map(({ detection }) => `${detection.groupId[0]} ${detection.state} ${detection.revision}`);
  const runs = async () =>
    (await Array.fromAsync(tenant.stores.runs.since(at(0)))).map(({ partition }) => partition).toSorted();
  const opened = ['1 new 0', '2 new 0', '3 new 0'];

  it('scores each, gives their sums, and writes a run of each', async () => {
    expect(await run()).toMatchObject({
      ...{ scored: 3, failed: [], later: [], groups: 3, rows: 12, detections: 3, opened: 3, resolved: 0 },
      ...{ pending: 0, badRows: 0, newestReport: at(3.5), oldestUnreadMs: 7 },
    });
    expect(await states()).toEqual(opened);
    expect(await runs()).toEqual(['1', '2', '3']);
    expect(tenant.stores.queues.score).toEqual([]);
  });

  it('queues one that fails alone, and scores the others; its message then scores it', async () => {
    expect(await run(failingIn('2'))).toMatchObject({ scored: 2, failed: ['2'], later: [], opened: 2 });
    expect(await runs()).toEqual(['1', '3']);
    const again = { ...MESSAGE, partitions: ['2'] };
    expect(tenant.stores.queues.later).toEqual([{ queue: 'score', message: again, delayMs: 30_000 }]);
    expect(await run(tenant.stores, { ...MESSAGE, partitions: [P('2')] })).toMatchObject({ scored: 1, opened: 1 });
    expect(await states()).toEqual(opened);
  });

  it('throws what stopped the only partition, so that the host tries it again', async () => {
    await expect(run(failingIn('2'), { ...MESSAGE, partitions: [P('2')] })).rejects.toThrow('no 2');
  });

  it('throws where all fail, and queues none', async () => {
    const all = run(failingIn('1', '2', '3'));
    await expect(all).rejects.toThrow('every partition failed');
    await expect(all).rejects.toMatchObject({ errors: [1, 2, 3].map((name) => new Error(`no ${name}`)) });
    expect([tenant.stores.queues.score, tenant.stores.queues.later]).toEqual([[], []]);
  });

  it('leaves to messages of their own what it has no time to begin', async () => {
    let now = NOW;
    const slow = withCounts(tenant.stores, (base) => ({
      async *day(partition, day) {
        if (partition === '2') now += MAX_TOGETHER_MS;
        yield* base.day(partition, day);
      },
    }));
    expect(await run(slow, MESSAGE, () => now)).toMatchObject({ scored: 2, failed: [], later: ['3'] });
    expect(tenant.stores.queues.score).toEqual([{ ...MESSAGE, partitions: ['3'] }]);
  });

  it('that cannot queue what failed throws, and its repeat changes nothing that was scored', async () => {
    const { queues } = tenant.stores;
    const send = queues.send.bind(queues);
    queues.send = async () => {
      throw new Error('no queue');
    };
    await expect(run(failingIn('2'))).rejects.toThrow('no queue');
    const before = await tenant.versioned(P('1'));
    queues.send = send;
    expect(await run()).toMatchObject({ scored: 3, opened: 3 });
    expect(await tenant.versioned(P('1'))).toEqual(before);
    expect(await states()).toEqual(opened);
  });
});
