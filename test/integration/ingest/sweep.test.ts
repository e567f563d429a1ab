import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { sweep, unread } from '../../../src/ingest/sweep.ts';
import { azureStores } from '../../../src/storage/azure/index.ts';
import { exportState } from '../../contract/samples.ts';
import { RequestLog } from '../../support/azure/policies.ts';
import { freshClients } from '../../support/azure/stores.ts';
import { type Gate, gated, InjectedFault } from '../../support/ingest/gate.ts';
import { bytesOf, lines, REF, report, World } from '../../support/ingest/world.ts';

const SETTINGS = { containers: ['exports'], retentionDays: 4, historyDays: 90 };

let world: World;
beforeEach(() => {
  world = new World();
});

const named = (name: string) => ({ ...REF, name });

describe('sweep queues', () => {
  it('an export that was never read, unless it is empty', async () => {
    world.append(lines(report(1)), named('a'));
    world.append('', named('b'));
    expect(await world.sweep()).toEqual({
      exports: 2,
      pending: 1,
      queued: 1,
      missingContainers: [],
      oldestUnreadMs: 0,
      expired: 0,
    });
    expect(world.queued()).toEqual(['a']);
  });

  it('what has grown since it was read, and not what has been read to its end', async () => {
    for (const name of ['a', 'b', 'c']) {
      world.append(lines(report(1)), named(name));
      await world.ingest({ ref: named(name) });
    }
    world.append(lines(report(2)), named('b'));
    expect(await world.sweep()).toMatchObject({ exports: 3, queued: 1 });
    expect(world.queued()).toEqual(['b']);
    await world.ingest({ ref: named('b') });
    expect(await world.sweep()).toMatchObject({ queued: 0 });
  });

  it('what was replaced by as many bytes, once', async () => {
    world.append(lines(report(1)));
    await world.ingest();
    world.now += MINUTE_MS;
    world.stores.exports.replace(REF, lines(report(2)));
    expect(await world.sweep()).toMatchObject({ queued: 1 });
    await world.ingest();
    expect(await world.rows()).toEqual([1, 2]);
    expect(await world.sweep()).toMatchObject({ queued: 0 });
  });

  it('what was touched and has not changed, once', async () => {
    world.append(lines(report(1)));
    await world.ingest();
    world.now += MINUTE_MS;
    world.append('');
    expect(await world.sweep()).toMatchObject({ queued: 1 });
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 0, restarts: 0 });
    expect(await world.sweep()).toMatchObject({ queued: 0 });
  });

  it('what was replaced by the same again, once: it is read, and counts once', async () => {
    world.append(lines(report(1)));
    await world.ingest();
    world.now += MINUTE_MS;
    world.stores.exports.replace(REF, lines(report(1)));
    expect(await world.sweep()).toMatchObject({ queued: 1 });
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 1, restarts: 1 });
    expect(await world.rows()).toEqual([1]);
    expect(await world.sweep()).toMatchObject({ queued: 0 });
  });

  it('what was shortened to nothing', async () => {
    world.append(lines(report(1)));
    await world.ingest();
    world.stores.exports.replace(REF, '');
    expect(await world.sweep()).toMatchObject({ queued: 1 });
    expect(await world.ingest()).toMatchObject({ restarts: 1 });
    expect(await world.sweep()).toMatchObject({ queued: 0 });
  });

  it('an export that was not read to its end, at the time of its next try', async () => {
    world.append(lines(report(1)));
    const gate: Gate = (call) => {
      if (call.op === 'hourlyCounts.merge') throw new InjectedFault('busy');
      return call.run();
    };
    await expect(world.ingest({ gate })).rejects.toThrow('busy');
    expect(await world.sweep()).toMatchObject({ queued: 0 });
    world.now += MINUTE_MS;
    expect(await world.sweep()).toMatchObject({ queued: 1, oldestUnreadMs: MINUTE_MS });
  });

  it('what failed when it was read to its end, until it is well', async () => {
    world.append(lines(report(1)));
    await world.ingest();
    const gate: Gate = (call) => {
      if (call.op === 'exports.info') throw new InjectedFault('busy');
      return call.run();
    };
    await expect(world.ingest({ gate })).rejects.toThrow('busy');
    expect(await world.state()).toMatchObject({ applied: 1, failures: 1, reason: 'busy failed' });
    world.now += MINUTE_MS;
    expect(await world.sweep()).toMatchObject({ queued: 1, oldestUnreadMs: 0 });
    expect(await world.ingest()).toMatchObject({ end: 'up-to-date', segments: 0 });
    expect(await world.state()).toMatchObject({ failures: 0, nextTry: 0, reason: '' });
    expect(await world.sweep()).toMatchObject({ queued: 0 });
  });

  it('a segment that a worker abandoned, 10 minutes after its lease; not one under lease', async () => {
    world.append(lines(report(1)));
    await world.ingest();
    const end = bytesOf(lines(report(1)));
    await world.change({ applied: 0, leasedAt: world.now, leasedBy: 'somebody' });
    expect(await world.state()).toMatchObject({ ends: [end] });
    world.now += 10 * MINUTE_MS - 1;
    expect(await world.sweep()).toMatchObject({ queued: 0, oldestUnreadMs: 10 * MINUTE_MS - 1 });
    world.now += 1;
    expect(await world.sweep()).toMatchObject({ queued: 1 });
  });

  it('nothing that was not touched within the retention', async () => {
    world.append(lines(report(1)));
    world.now += 4 * DAY_MS;
    expect(await world.sweep()).toMatchObject({ queued: 1, oldestUnreadMs: 4 * DAY_MS });
    world.now += 1;
    expect(await world.sweep()).toMatchObject({ exports: 1, queued: 0, oldestUnreadMs: 0 });
  });
});

describe('sweep, where messages of earlier sweeps still wait', () => {
  const names = ['a', 'b', 'c'];
  const sweepAt = async (minute: number): Promise<string[]> => {
    world.now = Date.UTC(2026, 10, 20, 10) + minute * MINUTE_MS;
    const before = world.stores.queues.ingest.length;
    await sweep(world.stores, SETTINGS, () => world.now);
    return world.stores.queues.ingest.slice(before).map(({ name }) => name);
  };
  const take = (): void => {
    world.stores.queues.ingest.shift();
  };
  beforeEach(() => {
    for (const name of names) world.append(lines(report(1)), named(name));
  });

  it('queues nothing while they are as many as the exports that are pending', async () => {
    expect(await sweepAt(5)).toEqual(names);
    for (let minute = 10; minute < 60; minute += 5) expect(await sweepAt(minute)).toEqual([]);
  });

  it('queues all when one of them is lost', async () => {
    await sweepAt(5);
    take();
    expect(await sweepAt(10)).toEqual(names);
    expect(await sweepAt(15)).toEqual([]);
  });

  it('queues all once an hour, whatever waits', async () => {
    await sweepAt(5);
    for (let n = 0; n < 10; n++) world.stores.queues.ingest.push({ container: 'exports', name: 'gone' });
    for (let minute = 10; minute < 60; minute += 5) expect(await sweepAt(minute)).toEqual([]);
    expect(await sweepAt(60)).toEqual(names);
    expect(await sweepAt(65)).toEqual([]);
  });

  it.each([
    [-0.01, 4.99],
    [0.01, 5.01],
    [-0.01, 5.01],
    [0.4, 4.6],
  ])('once an hour also where the host starts the timers at minute %d and %d', async (first, second) => {
    await sweepAt(5);
    for (let n = 0; n < 10; n++) world.stores.queues.ingest.push({ container: 'exports', name: 'gone' });
    expect(await sweepAt(60 + first)).toEqual(names);
    expect(await sweepAt(60 + second)).toEqual([]);
  });

  it('does not wait for an export that a worker reads: its message is still there', async () => {
    await sweepAt(5);
    await world.ingest({ ref: named('b') });
    await world.ingest({ ref: named('c') });
    take();
    take();
    await world.ingest({ ref: named('a') });
    await world.change({ applied: 0, leasedAt: world.now, leasedBy: 'somebody' }, named('a'));
    world.append(lines(report(2)), named('b'));
    expect(await sweepAt(10)).toEqual(['b']);
    expect(await sweepAt(14)).toEqual([]);
  });
});

describe('sweep over several containers', () => {
  it('continues if some are missing, and names them', async () => {
    world.append(lines(report(1)), { container: 'second', name: 'a' });
    expect(await world.sweep(['first', 'second', 'third'])).toMatchObject({
      exports: 1,
      queued: 1,
      missingContainers: ['first', 'third'],
    });
  });

  it('continues if one cannot be read, and throws its error at the end', async () => {
    for (const container of ['first', 'second', 'third'])
      world.append(lines(report(1)), { container, name: container });
    const refusing: Gate = (call) => {
      if (call.op === 'exports.list' && lists++ < failures) throw new InjectedFault('403');
      return call.run();
    };
    let lists = 0;
    let failures = 1;
    const stores = gated(world.stores, refusing);
    await expect(world.sweep(['first', 'second', 'third'], stores)).rejects.toThrow(InjectedFault);
    expect(world.queued()).toEqual(['second', 'third']);
    [lists, failures] = [0, 2];
    await expect(world.sweep(['first', 'second', 'third'], stores)).rejects.toThrow(AggregateError);
    expect(world.queued()).toEqual(['third']);
  });
});

describe('unread', () => {
  const unreadNow = async (since?: number) => {
    const { exports, oldestUnreadMs } = await unread(world.stores, SETTINGS, () => world.now, since);
    return [exports.map(({ name }) => name), oldestUnreadMs];
  };

  it('names what holds something unread, and since when the oldest waits', async () => {
    expect(await unreadNow()).toEqual([[], 0]);
    world.append(lines(report(1)), named('a'));
    world.now += HOUR_MS;
    world.append(lines(report(1)), named('b'));
    world.now += HOUR_MS;
    expect(await unreadNow()).toEqual([['a', 'b'], 2 * HOUR_MS]);
    expect(await unreadNow(world.now - HOUR_MS)).toEqual([['b'], HOUR_MS]);
    await world.ingest({ ref: named('a') });
    expect(await unreadNow()).toEqual([['b'], HOUR_MS]);
    await world.ingest({ ref: named('b') });
    expect(await unreadNow()).toEqual([[], 0]);
    world.append('{"half', named('a'));
    world.now += MINUTE_MS;
    expect(await unreadNow()).toEqual([['a'], MINUTE_MS]);
  });

  it('includes leased exports and those that back off', async () => {
    world.append(lines(report(1)));
    await world.ingest();
    world.append(lines(report(2)));
    await world.change({ leasedAt: world.now, leasedBy: 'somebody', nextTry: world.now + HOUR_MS });
    expect(await unreadNow()).toEqual([[REF.name], 0]);
  });

  it('does not let an export that is refused wait', async () => {
    world.append(lines(...new Array<string>(1_000).fill('{"level":"info"}')));
    await world.ingest();
    world.now += HOUR_MS;
    expect(await unreadNow()).toEqual([[], 0]);
    world.append(lines(report(1)));
    world.now += HOUR_MS;
    expect(await unreadNow()).toEqual([[REF.name], 0]);
  });
});

describe('sweep removes', () => {
  it('the states of exports that have not grown for HISTORY_DAYS', async () => {
    world.append(lines(report(1)));
    await world.ingest();
    world.now += 90 * DAY_MS;
    world.append(lines(report(1)), named('new'));
    await world.ingest({ ref: named('new') });
    expect(await world.sweep()).toMatchObject({ expired: 0 });
    await world.change({ lastModified: world.now + 1 }, named('new'));
    world.now += 1;
    expect(await world.sweep()).toMatchObject({ expired: 1, queued: 0 });
    expect(await world.stores.exportStates.get(REF)).toBeNull();
  });

  it('none because of a clock that is ahead', async () => {
    world.append(lines(report(1)));
    await world.ingest();
    world.now += 400 * DAY_MS;
    expect(await world.sweep()).toMatchObject({ expired: 0 });
    expect(await world.stores.exportStates.get(REF)).not.toBeNull();
  });
});

describe('sweep asks storage', () => {
  it('for two listings a container, whatever the number of exports, and once for each that it queues', async () => {
    const log = new RequestLog();
    const clients = await freshClients({ policy: log.policy });
    const stores = azureStores(clients);
    const clock = (): number => Date.now() + MINUTE_MS;
    const read = { leasedAt: null, leasedBy: '', ends: [1], applied: 1, lastModified: clock() };
    for (const container of ['first', 'second']) {
      await clients.blobs.getContainerClient(container).create();
      for (let n = 0; n < 30; n++) {
        await clients.blobs.getContainerClient(container).getBlockBlobClient(`${n}`).upload('x', 1);
        await stores.exportStates.insert(exportState({ container, name: `${n}`, ...read }));
      }
    }
    const settings = { ...SETTINGS, containers: ['first', 'second', 'third'] };
    log.take();
    expect(await sweep(stores, settings, clock)).toMatchObject({ exports: 60, queued: 0 });
    const listings = ['first', 'second', 'third'].flatMap((container) => [
      'GET Exports()',
      `GET ${container} container list`,
    ]);
    expect(log.take()).toEqual(listings);
    await clients.blobs.getContainerClient('second').getBlockBlobClient('7').upload('xy', 2);
    log.take();
    expect(await sweep(stores, settings, clock)).toMatchObject({ exports: 60, queued: 1 });
    const requests = log.take().filter((request) => /^(?:GET|HEAD)/.test(request));
    // And for the lengths of the queues, at most once.
    const isOfQueue = (request: string): boolean => request.endsWith(' metadata');
    expect(requests.filter((request) => !isOfQueue(request))).toEqual(listings);
    expect(requests.filter(isOfQueue).length).toBeLessThan(10);
  });
});
