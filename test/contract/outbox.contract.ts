import { beforeEach, describe, expect, it } from 'vitest';
import { pendingIdOf } from '../../src/storage/pending_id.ts';
import type { Partition } from '../../src/storage/ports/hourly_counts.ts';
import type { OutboxChange, PendingNotification } from '../../src/storage/ports/outbox.ts';
import type { Stores } from '../../src/storage/ports/stores.ts';
import {
  delivery,
  detection,
  groupId,
  P3,
  pendingChange,
  pendingNotification,
  rowsOf,
  T0,
  T1,
  T2,
  verdict,
} from './samples.ts';

type OutboxStores = Pick<Stores, 'detections' | 'outbox'>;

/** What every Outbox does, beside its Detections; two views on one empty store. */
export function outboxContract(make: () => Promise<readonly [OutboxStores, OutboxStores]>): void {
  let store: OutboxStores;
  let other: OutboxStores;
  beforeEach(async () => {
    [store, other] = await make();
  });
  const first = detection();
  const id = first.groupId;
  const pending = pendingNotification();

  /** The detection of that number, with these rows of the outbox. Its version. */
  const opened = async (number = 1, ...changes: readonly OutboxChange[]): Promise<string> => {
    const version = await store.detections.insert(detection({ groupId: groupId(number) }), changes);
    if (version === null) throw new Error('not inserted');
    return version;
  };
  const listed = (sink = 'soc', partition = P3) => rowsOf(store.outbox.list(partition, sink));
  const found = async (sink = 'soc'): Promise<PendingNotification[]> => (await listed(sink)).map(({ row }) => row);
  const deliveries = async (number = 1) => (await store.detections.get(groupId(number)))?.row.deliveries ?? null;

  it('where nothing is yet finds nothing', async () => {
    expect(await listed()).toEqual([]);
    expect(await store.outbox.get(pending)).toBeNull();
    expect(await rowsOf(store.outbox.ids(P3))).toEqual([]);
    expect(await store.outbox.replace([{ row: pending, version: 'W/"x"' }])).toBeNull();
    expect(await store.outbox.settle([{ pending, delivery: delivery() }])).toBe(false);
    await store.outbox.discard(pending);
    expect(await store.outbox.replace([])).toEqual([]);
  });

  describe('list', () => {
    it('has the rows of one sink and partition, the most severe first', async () => {
      for (const [number, severity] of (['low', 'high', 'medium', 'high'] as const).entries()) {
        const of = { groupId: groupId(number), severity };
        await opened(number, pendingChange(of), pendingChange({ ...of, sink: 'soc_2' }));
      }
      const elsewhere = { groupId: `4${groupId(1).slice(1)}` };
      await store.detections.insert(detection(elsewhere), [pendingChange(elsewhere)]);
      expect((await found()).map((row) => [row.groupId, row.severity])).toEqual([
        [groupId(1), 'high'],
        [groupId(3), 'high'],
        [groupId(2), 'medium'],
        [groupId(0), 'low'],
      ]);
      expect((await found('soc_2')).every(({ sink }) => sink === 'soc_2')).toBe(true);
      expect(await found('so')).toEqual([]);
      expect(await listed('soc', '4' as Partition)).toHaveLength(1);
    });

    it('keeps a row as it is, with the version that get has', async () => {
      const tried = {
        attempts: 7,
        firstAt: 2 ** 41,
        answer: 'ECONNREFUSED',
        nextTry: 2 ** 41 + 1,
        leasedAt: 2 ** 41 + 2,
      };
      const row = pendingNotification({
        ...tried,
        digest: `digest|${'0'.repeat(32)}`,
        average: 1 / 3,
        revision: 12_345,
      });
      await opened(1, { ...pendingChange(), put: row });
      const [at] = await listed();
      expect(at?.row).toEqual(row);
      expect(await other.outbox.get(row)).toEqual(at);
    });

    it('gives pages of at most 1,000', async () => {
      for (let number = 0; number < 1001; number += 9) {
        const sinks = Array.from({ length: Math.min(9, 1001 - number) }, (_, n) =>
          pendingChange({ groupId: groupId(number), revision: n }),
        );
        await opened(number, ...sinks.map((change) => ({ ...change, sink: 'soc' })));
      }
      const pages = await Array.fromAsync(store.outbox.list(P3, 'soc'));
      expect(pages.map(({ length }) => length)).toEqual([1000, 1]);
      expect((await rowsOf(store.outbox.ids(P3))).length).toBe(1001);
    });
  });

  describe('rows of the outbox', () => {
    it('are no detections, in no list of them', async () => {
      await opened(1, pendingChange());
      expect(await rowsOf(store.detections.scan(P3))).toHaveLength(1);
      expect(await rowsOf(store.detections.summaries({}, ['soc']))).toHaveLength(1);
      expect(await rowsOf(store.detections.summaries({ state: 'new' }, []))).toHaveLength(1);
      expect(await store.detections.get(pendingIdOf(pending))).toBeNull();
      expect(await rowsOf(store.outbox.ids(P3))).toEqual([pendingIdOf(pending)]);
    });
  });

  describe('insert with rows of the outbox', () => {
    it('writes all of them, and says so at the detection', async () => {
      await opened(1, pendingChange(), pendingChange({ sink: 'chat', severity: 'low' }));
      expect(await found()).toEqual([pending]);
      expect(await found('chat')).toEqual([pendingNotification({ sink: 'chat', severity: 'low' })]);
      expect(await deliveries()).toEqual({
        soc: pendingChange().delivery,
        chat: pendingChange({ sink: 'chat', severity: 'low' }).delivery,
      });
    });

    it('of a detection that exists is null, and writes none of them', async () => {
      await opened();
      expect(await other.detections.insert(first, [pendingChange()])).toBeNull();
      expect(await found()).toEqual([]);
      expect(await deliveries()).toEqual({});
    });

    it('takes the place of a row that no detection knows of', async () => {
      const version = await opened(1, pendingChange({ attempts: 3 }));
      await store.detections.remove([{ id, version }]);
      await opened(1, pendingChange());
      expect(await found()).toEqual([pending]);
    });
  });

  describe('update with changes of the outbox', () => {
    it('removes the row of the revision before, and writes that of the new one', async () => {
      const version = await opened(1, pendingChange(), pendingChange({ sink: 'chat' }));
      const change = { ...pendingChange({ revision: 2, severity: 'medium' }), remove: pending };
      const written = await other.detections.update(detection({ revision: 2 }), version, [change]);
      expect(written).not.toBeNull();
      expect(await found()).toEqual([pendingNotification({ revision: 2, severity: 'medium' })]);
      expect(await found('chat')).toHaveLength(1);
      expect((await store.detections.get(id))?.version).toBe(written);
      expect(await deliveries()).toMatchObject({ soc: { revision: 2 }, chat: { revision: 1 } });
    });

    it('of an older version is null, and changes neither', async () => {
      const version = await opened(1, pendingChange());
      await store.detections.recordVerdict(id, verdict(), version);
      const withdrawn = delivery({ status: 'withdrawn' });
      const change = { sink: 'soc', delivery: withdrawn, remove: pending };
      expect(await other.detections.update(detection({ revision: 2 }), version, [change])).toBeNull();
      expect(await found()).toEqual([pending]);
      expect(await deliveries()).toEqual({ soc: pendingChange().delivery });
    });

    it('does not mind where the row that it removes is gone already', async () => {
      const version = await opened(1, pendingChange());
      await store.outbox.discard(pending);
      const change = { sink: 'soc', delivery: delivery({ status: 'withdrawn' }), remove: pending };
      expect(await other.detections.update(detection({ state: 'resolved' }), version, [change])).not.toBeNull();
      expect(await store.detections.get(id)).toMatchObject({ row: { detection: { state: 'resolved' } } });
      expect(await deliveries()).toMatchObject({ soc: { status: 'withdrawn' } });
    });
  });

  describe('mark', () => {
    it('makes pending again what had failed', async () => {
      const version = await opened();
      const failed =
        (await store.detections.mark(id, { sink: 'soc', delivery: delivery({ status: 'failed' }) }, version)) ?? '';
      expect(await found()).toEqual([]);
      expect(await other.detections.mark(id, pendingChange(), failed)).not.toBeNull();
      expect(await found()).toEqual([pending]);
      expect(await other.detections.mark(id, pendingChange(), failed)).toBeNull();
    });

    it('of a row that must be missing is null where it is there, and leaves the lease on it', async () => {
      const version = await opened(1, pendingChange());
      const [row] = await listed();
      const leased = { ...pending, leasedAt: 7, attempts: 1 };
      await store.outbox.replace([{ row: leased, version: row?.version ?? '' }]);
      const change = { ...pendingChange(), onlyIfMissing: true };
      expect(await other.detections.mark(id, change, version)).toBeNull();
      expect(await found()).toEqual([leased]);
      await store.outbox.discard(pending);
      expect(await other.detections.mark(id, change, version)).not.toBeNull();
      expect(await found()).toEqual([pending]);
    });
  });

  describe('replace', () => {
    it('writes a hundred rows, and gives their versions in order', async () => {
      for (let number = 0; number < 100; number++) await opened(number, pendingChange({ groupId: groupId(number) }));
      const rows = await listed();
      const leased = rows.map(({ row, version }) => ({ row: { ...row, leasedAt: 7, digest: 'd' }, version }));
      const versions = await store.outbox.replace(leased);
      expect(await listed()).toEqual(leased.map(({ row }, n) => ({ row, version: versions?.[n] })));
      expect(await other.outbox.replace(leased)).toBeNull();
    });

    it('of which one has another version, or is gone, writes none', async () => {
      for (const number of [1, 2, 3]) await opened(number, pendingChange({ groupId: groupId(number) }));
      const before = await listed();
      const leased = before.map(({ row, version }) => ({ row: { ...row, leasedAt: 7 }, version }));
      const [, second] = await other.outbox.replace(leased.slice(1)).then((versions) => versions ?? []);
      expect(await store.outbox.replace(leased)).toBeNull();
      expect((await listed())[0]).toEqual(before[0]);
      await store.outbox.discard({ ...pending, groupId: groupId(2) });
      expect(
        await store.outbox.replace([leased[0], { ...leased[1], version: second ?? '' }] as typeof leased),
      ).toBeNull();
      expect((await listed())[0]).toEqual(before[0]);
    });

    it('by two workers at once is done by one', async () => {
      await opened(1, pendingChange());
      const [row] = await listed();
      const lease = (leasedAt: number) => [{ row: { ...pending, leasedAt }, version: row?.version ?? '' }];
      const done = await Promise.all([store.outbox.replace(lease(7)), other.outbox.replace(lease(8))]);
      expect(done.filter((versions) => versions !== null)).toHaveLength(1);
      expect((await found())[0]?.leasedAt).toBe(done[0] === null ? 8 : 7);
    });
  });

  describe('settle', () => {
    it('says at fifty detections what became of it, and removes the rows', async () => {
      const keys = Array.from({ length: 50 }, (_, number) => pendingNotification({ groupId: groupId(number) }));
      for (const [number, key] of keys.entries()) await opened(number, pendingChange(key));
      await opened(50, pendingChange({ groupId: groupId(50) }));
      const settled = keys.map((key, at) => ({ pending: key, delivery: delivery({ at, digest: 'd' }) }));
      expect(await other.outbox.settle(settled)).toBe(true);
      expect((await found()).map((row) => row.groupId)).toEqual([groupId(50)]);
      expect(await deliveries(49)).toEqual({ soc: delivery({ at: 49, digest: 'd' }) });
    });

    it('keeps what the scorer, an analyst and other sinks know of the detection', async () => {
      const version = await opened(1, pendingChange(), pendingChange({ sink: 'chat' }));
      const judged = await store.detections.recordVerdict(id, verdict(), version);
      const next = detection({ state: 'ongoing', asOf: T2 });
      await store.detections.update(next, judged ?? '');
      expect(await other.outbox.settle([{ pending, delivery: delivery() }])).toBe(true);
      const row = (await store.detections.get(id))?.row;
      expect(row).toMatchObject({ detection: next, verdict: verdict() });
      expect(row?.deliveries).toEqual({ soc: delivery(), chat: pendingChange({ sink: 'chat' }).delivery });
    });

    it('gives the detection another version: who read it before writes nothing', async () => {
      const version = await opened(1, pendingChange());
      await other.outbox.settle([{ pending, delivery: delivery() }]);
      expect(await store.detections.update(detection({ revision: 2 }), version)).toBeNull();
    });

    it.each<[string, Partial<PendingNotification>]>([
      ['another revision', { revision: 2 }],
      ['another episode', { episode: T0 }],
      ['another severity', { severity: 'low' }],
      ['another sink', { sink: 'chat' }],
    ])('of %s than is pending does nothing', async (_, changes) => {
      await opened(1, pendingChange());
      expect(await other.outbox.settle([{ pending: { ...pending, ...changes }, delivery: delivery() }])).toBe(false);
      expect(await found()).toEqual([pending]);
      expect(await deliveries()).toEqual({ soc: pendingChange().delivery });
    });

    it('of which one row, or one detection, is gone does nothing', async () => {
      for (const number of [1, 2, 3]) await opened(number, pendingChange({ groupId: groupId(number) }));
      const settled = [1, 2, 3].map((number) => ({
        pending: pendingNotification({ groupId: groupId(number) }),
        delivery: delivery({ at: number }),
      }));
      await store.outbox.discard({ ...pending, groupId: groupId(3) });
      expect(await other.outbox.settle(settled)).toBe(false);
      const two = await store.detections.get(groupId(2));
      await store.detections.remove([{ id: groupId(2), version: two?.version ?? '' }]);
      expect(await other.outbox.settle(settled.slice(0, 2))).toBe(false);
      expect((await found()).map((row) => row.groupId)).toEqual([groupId(1), groupId(2)]);
      expect(await deliveries(1)).toMatchObject({ soc: { status: 'pending' } });
      expect(await other.outbox.settle(settled.slice(0, 1))).toBe(true);
      expect(await other.outbox.settle(settled.slice(0, 1))).toBe(false);
    });
  });

  it('discard removes a row alone', async () => {
    await opened(1, pendingChange());
    await other.outbox.discard(pending);
    expect(await found()).toEqual([]);
    expect(await deliveries()).toEqual({ soc: pendingChange().delivery });
    expect(first.episode).toBe(T1);
  });
}
