import { beforeEach, expect, it } from 'vitest';
import type { Messages, Queues } from '../../src/storage/ports/queues.ts';

export interface QueuesUnderTest {
  readonly stores: readonly [Queues, Queues];
  /** Takes off all messages of a queue, as the host would hand them to a function. */
  received(queue: keyof Messages): Promise<unknown[]>;
  /** Puts messages on a poison queue, as the host does. */
  poison(queue: string, messages: number): Promise<void>;
}

/** What every Queues does. */
export function queuesContract(make: () => Promise<QueuesUnderTest>): void {
  let under: QueuesUnderTest;
  beforeEach(async () => {
    under = await make();
  });

  it('send puts a message on its queue, as often as it is called', async () => {
    const [store] = under.stores;
    await store.send('ingest', { container: 'c', name: 'n' });
    await store.send('ingest', { container: 'c', name: 'n' });
    await store.send('score', {
      partitions: ['3', '4'],
      asOf: '2026-11-20T09:00:00.0000000Z',
      oldestUnreadMs: 0,
      newestReport: '',
    });
    await store.send('notify', { sink: 'soc' });
    expect(await under.received('ingest')).toEqual([
      { container: 'c', name: 'n' },
      { container: 'c', name: 'n' },
    ]);
    expect(await under.received('score')).toEqual([
      { partitions: ['3', '4'], asOf: '2026-11-20T09:00:00.0000000Z', oldestUnreadMs: 0, newestReport: '' },
    ]);
    expect(await under.received('notify')).toEqual([{ sink: 'soc' }]);
  });

  it('waiting and lengths say what waits, takePoison takes off the poison queues', async () => {
    const [store, other] = under.stores;
    expect(await store.takePoison()).toEqual({});
    expect(await store.waiting('ingest')).toBe(0);
    await store.send('ingest', { container: 'c', name: 'n' });
    expect(await other.waiting('ingest')).toBe(1);
    expect(await other.waiting('notify')).toBe(0);
    await under.poison('ingest-poison', 40);
    await under.poison('webjobs-blobtrigger-poison', 1);
    expect(await store.lengths()).toMatchObject({ ingest: 1, 'ingest-poison': 40, 'webjobs-blobtrigger-poison': 1 });
    expect(await other.takePoison()).toEqual({ 'ingest-poison': 40, 'webjobs-blobtrigger-poison': 1 });
    expect(await store.takePoison()).toEqual({});
    expect(await under.received('ingest')).toHaveLength(1);
  });

  it('send by two workers at once, where no queue is yet, delivers both', async () => {
    await Promise.all(under.stores.map((store, n) => store.send('ingest', { container: 'c', name: String(n) })));
    expect(await under.received('ingest')).toHaveLength(2);
  });

  it('send with a delay keeps the message out of sight until then', async () => {
    const [store] = under.stores;
    await store.send('notify', { sink: 'soc' }, 1_500);
    await store.send('notify', { sink: 'chat' });
    expect(await under.received('notify')).toEqual([{ sink: 'chat' }]);
    await expect.poll(() => under.received('notify'), { timeout: 10_000, interval: 500 }).toEqual([{ sink: 'soc' }]);
  });

  it('send carries any name', async () => {
    const message = { container: 'c', name: '日本語 <b>&amp;]]>\u0000\u0001\u{1f600}"\\' };
    await under.stores[0].send('ingest', message);
    expect(await under.received('ingest')).toEqual([message]);
  });
}
