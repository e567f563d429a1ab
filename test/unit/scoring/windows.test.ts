import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { addMs, msOf, type Timestamp } from '../../../src/core/kql/timestamp.ts';
import { expireHistory, scoreWindows } from '../../../src/scoring/score_windows.ts';
import { DELIVERY_LAG_MS, WindowError } from '../../../src/scoring/window_end.ts';
import { PARTITIONS } from '../../../src/storage/keys.ts';
import { MessageError } from '../../../src/storage/messages.ts';
import type { Run } from '../../../src/storage/ports/runs.ts';
import { deadLetter, suppression } from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { NO_BASELINE, putFleet } from '../../support/scoring/fleet.ts';
import { at, group, hours, idOf, NO_RUN_OLDER, P, Tenant } from '../../support/scoring/tenant.ts';
import { putState, stateOf } from '../../support/sinks/states.ts';

const run = (changes: Partial<Run>): Run => ({
  asOf: at(30),
  partition: P,
  groups: 0,
  rows: 0,
  detections: 0,
  opened: 0,
  resolved: 0,
  pending: 0,
  requests: 0,
  newestReport: '' as const,
  badRows: 0,
  badRow: '',
  fileFault: '',
  contextPartitions: 16,
  contextFault: '',
  durationMs: 0,
  endedAt: 0,
  oldestUnreadMs: 0,
  ...changes,
});

describe('scoreWindows(stores, asOf, oldestUnreadMs)', () => {
  const newestIn = async (asOf: Timestamp, runs: readonly Partial<Run>[]) => {
    const stores = memoryStores();
    for (const each of runs) await stores.runs.put(run(each));
    await scoreWindows(stores, NO_BASELINE, asOf, 5, () => msOf(asOf));
    const { score } = stores.queues;
    expect(score.flatMap(({ partitions }) => partitions).toSorted()).toEqual(PARTITIONS);
    const [first] = score;
    for (const { partitions: _partitions, ...window } of score) {
      expect(window).toEqual({ asOf, oldestUnreadMs: 5, newestReport: first?.newestReport });
    }
    return first?.newestReport;
  };

  it('puts partitions into one message that were small in their last run, and each other alone', async () => {
    const stores = memoryStores();
    const put = (partition: string, hour: number, rows: number) =>
      stores.runs.put(run({ partition: partition as Run['partition'], asOf: at(hour), rows }));
    for (const partition of PARTITIONS.slice(0, 12)) await put(partition, 28, 100_000);
    await put('1', 29, 5);
    await put('2', 29, 600_000);
    // Another run of a later hour, by hand.
    await put('3', 31, 7_000_000);
    await scoreWindows(stores, NO_BASELINE, at(30), 5, () => msOf(at(30)));
    expect(stores.queues.score.map(({ partitions }) => partitions.join(''))).toEqual([
      '01',
      '2',
      '34567',
      '89ab',
      ...'cdef',
    ]);
  });

  it('puts each partition on the queue once', async () => {
    expect(await newestIn(at(30), [])).toBe('');
  });

  it('gives the newest report that any partition met in a run of the last six hours', async () => {
    const runs: Partial<Run>[] = [
      { asOf: at(28), partition: PARTITIONS[1] as Run['partition'], newestReport: at(27.5) },
      { asOf: at(29), partition: PARTITIONS[2] as Run['partition'], newestReport: at(28.5) },
      { asOf: at(29), partition: PARTITIONS[3] as Run['partition'], newestReport: at(28.25) },
      { asOf: at(29), partition: PARTITIONS[4] as Run['partition'], newestReport: '' },
    ];
    expect(await newestIn(at(30), runs)).toBe(at(28.5));
    expect(await newestIn(at(30), runs.toReversed())).toBe(at(28.5));
  });

  it('reads runs of six hours ago, not at older ones, nor at reports after the window', async () => {
    const runs = [{ asOf: at(24), newestReport: at(23.5) }];
    expect(await newestIn(at(30), runs)).toBe(at(23.5));
    expect(await newestIn(at(31), runs)).toBe('');
    const later = { asOf: at(33), newestReport: at(32) };
    expect(await newestIn(at(30), [...runs, later])).toBe(at(23.5));
    expect(await newestIn(at(32), [...runs, later])).toBe(at(32));
  });
});

describe('a window in the future', () => {
  const now = msOf(at(30)) + 59 * MINUTE_MS;
  const CONFIG = readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' });

  it('scoreWindows(stores, asOf) refuses it, and queues nothing', async () => {
    const stores = memoryStores();
    await expect(scoreWindows(stores, NO_BASELINE, at(32), null, () => now)).rejects.toThrow(
      new WindowError(`the window up to ${at(32)} has not ended: the last full hour is ${at(30)}`),
    );
    expect(stores.queues.score).toEqual([]);
  });

  it.each([at(32), '9999-01-01T00:00:00.0000000Z'])(
    'app.scorePartition(message) refuses it as a bad message, and leaves no row in Runs: %s',
    async (asOf) => {
      const stores = memoryStores();
      const app = createApp(CONFIG, { stores, clock: () => now, sinks: [] });
      const error = await app.scorePartition({ partition: '3', asOf }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(MessageError);
      expect(String(error)).toBe(
        `MessageError: score: the window up to ${asOf} has not ended: the last full hour is ${at(30)}`,
      );
      expect(await Array.fromAsync(stores.runs.since(at(-1000)))).toEqual([]);
    },
  );

  it('is one that begins within five minutes not: the clocks of two instances differ', async () => {
    const app = (clock: number) => createApp(CONFIG, { stores: memoryStores(), clock: () => clock, sinks: [] });
    const message = { partition: '3', asOf: at(31) };
    expect(await app(msOf(at(31)) - 5 * MINUTE_MS).scorePartition(message)).toMatchObject({ asOf: at(31) });
    await expect(app(msOf(at(31)) - 5 * MINUTE_MS - 1).scorePartition(message)).rejects.toThrow(MessageError);
  });
});

describe('a quiet partition', () => {
  const QUIET = group(1, '3000000a');
  const LOUD = group(1, '8000000a');

  async function statesWith(loudUntil: number): Promise<string[]> {
    const tenant = new Tenant();
    let now = 0;
    const app = createApp(CONFIG, { stores: tenant.stores, clock: () => now, sinks: [] });
    await tenant.reports(QUIET, hours(0, 3));
    await tenant.reports(LOUD, hours(0, loudUntil), 1);
    for (const hour of [4, 5, ...hours(78, 86)]) {
      now = msOf(at(hour)) + DELIVERY_LAG_MS;
      await app.scoreWindows();
      for (const message of tenant.stores.queues.score.splice(0)) await app.scorePartition(message);
    }
    return await tenant.states();
  }

  it('resolves its detections as long as any other has fresh reports', async () => {
    expect(await statesWith(86)).toEqual([`${QUIET.groupId} resolved`]);
  });

  it('resolves none where none has: the exporter is behind', async () => {
    expect(await statesWith(70)).toEqual([`${QUIET.groupId} ongoing`]);
  });
});

describe('app.scoreWindows()', () => {
  const CONFIG = readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true', EXPORT_CONTAINERS: 'exports' });
  const scored = async (now: number, stores: MemoryStores = memoryStores()) => {
    const told = await createApp(CONFIG, { stores, clock: () => now, sinks: [] }).scoreWindows();
    expect(stores.queues.score.flatMap(({ partitions }) => partitions)).toHaveLength(16);
    const { contextFault: _, ...message } = told;
    expect(stores.queues.score[0]).toMatchObject(message);
    return told;
  };

  it('is for the full hour that ended three quarters of an hour ago, also when the timer comes late', async () => {
    const due = msOf(at(30)) + DELIVERY_LAG_MS;
    for (const late of [0, 1, 14 * MINUTE_MS, 54 * MINUTE_MS]) {
      expect(await scored(due + late)).toMatchObject({ asOf: at(30) });
    }
    expect(await scored(due + HOUR_MS)).toMatchObject({ asOf: at(31) });
  });

  it('is for the hour of its schedule where the host starts it early: "Timer fired at 10:44:59.6014573"', async () => {
    const due = msOf(at(30)) + DELIVERY_LAG_MS;
    for (const early of [1, 399, 5 * MINUTE_MS]) expect(await scored(due - early)).toMatchObject({ asOf: at(30) });
    expect(await scored(due - 5 * MINUTE_MS - 1)).toMatchObject({ asOf: at(29) });
  });

  it('scores each hour once where each timer is early', async () => {
    const stores = memoryStores();
    const asOfs: Timestamp[] = [];
    for (const hour of [30, 31, 32]) {
      asOfs.push((await scored(msOf(at(hour)) + DELIVERY_LAG_MS - 399, stores)).asOf);
      stores.queues.score.length = 0;
    }
    expect(asOfs).toEqual([at(30), at(31), at(32)]);
  });

  it('gives how long the oldest export has waited, and null where that cannot be found out', async () => {
    const now = msOf(at(30));
    const stores = memoryStores({ clock: () => now - 7 });
    stores.exports.append({ container: 'exports', name: 'a' }, 'x');
    expect(await scored(now, stores)).toMatchObject({ oldestUnreadMs: 7 });
    const broken = memoryStores();
    broken.exports.list = async () => {
      throw new Error('403');
    };
    expect(await scored(now, broken)).toMatchObject({ oldestUnreadMs: null });
  });

  it('removes what is older than the history once a day, by the first run of the day, whatever its hour', async () => {
    const stores = memoryStores();
    const day91 = msOf(at(91 * 24)) + DELIVERY_LAG_MS;
    let expired = 0;
    const expire = stores.runs.expire.bind(stores.runs);
    stores.runs.expire = async (before) => {
      expired++;
      await expire(before);
    };
    await stores.runs.put(run({ asOf: at(0) }));
    // No run at hour 00.
    for (const hour of [3, 4, 23, 24 + 7, 24 + 8]) {
      await stores.runs.put(run({ asOf: at(91 * 24 + hour - 1), newestReport: at(91 * 24 + hour - 1) }));
      await scored(day91 + hour * HOUR_MS, stores);
      stores.queues.score.length = 0;
    }
    expect(expired).toBe(2);
    expect((await Array.fromAsync(stores.runs.since(at(0)))).some(({ asOf }) => asOf === at(0))).toBe(false);
  });
});

const CONFIG = readConfig({
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  LOOKBACK_DAYS: '0.5',
  MIN_UNIFORM_PER_DAY: '8',
  DETECTORS: 'kql-rule',
  BASELINE_HOURS: '0',
});
const silent = {
  name: 'soc',
  fingerprint: 'x',
  digests: null,
  send: async () => ({ kind: 'sent', answer: '200' }) as const,
};

describe('app.scorePartition(message)', () => {
  it('meets its sinks: each receives what opens from its first run on', async () => {
    const tenant = new Tenant();
    await tenant.reports(group(1), hours(0, 3));
    await tenant.reports(group(2), hours(1, 4));
    const clock = () => msOf(at(6));
    const app = (sinks: readonly (typeof silent)[]) => createApp(CONFIG, { stores: tenant.stores, clock, sinks });
    for (const hour of [5, 6]) await putFleet(tenant.stores, at(hour));
    await app([]).scorePartition({ partition: '3', asOf: at(4) });
    expect(await app([silent]).scorePartition({ partition: '3', asOf: at(5) })).toMatchObject({ pending: 0 });
    expect(await app([silent]).scorePartition({ partition: '3', asOf: at(6) })).toMatchObject({ pending: 1 });
    expect(await tenant.pending()).toEqual([{ detectionId: idOf(group(2)), sink: 'soc' }]);
    expect(await stateOf(tenant.stores, 'soc')).toEqual({
      name: 'soc',
      ...NO_RUN_OLDER,
      since: at(5),
      settings: 'x',
    });
  });

  it('continues if a sink is invalid: it is skipped, named by every sweep, and receives what it missed once it is fixed', async () => {
    const tenant = new Tenant();
    await tenant.reports(group(1), hours(0, 3));
    const clock = () => msOf(at(40));
    const mended = createApp(CONFIG, { stores: tenant.stores, clock, sinks: [silent] });
    await mended.scorePartition({ partition: '3', asOf: at(2) });
    const SINKS = '[{"name":"soc","format":"slack","url":{"setting":"HOOK"}}]';
    for (const hour of [5, 6]) await putFleet(tenant.stores, at(hour));
    const config = readConfig(
      { AzureWebJobsStorage: 'UseDevelopmentStorage=true', LOOKBACK_DAYS: '0.5', BASELINE_HOURS: '0', SINKS },
      'skip',
    );
    const wrong = createApp(config, { stores: tenant.stores, clock });
    expect(await wrong.scorePartition({ partition: '3', asOf: at(4) })).toMatchObject({ opened: 1, pending: 0 });
    expect(await wrong.scorePartition({ partition: '3', asOf: at(5) })).toMatchObject({ pending: 0 });
    const sinkFaults = ['SINKS names the setting HOOK, which is not set'];
    expect(await wrong.sweep()).toMatchObject({ sinkFaults });
    expect((await wrong.health()).problems.join()).toContain(sinkFaults[0]);
    expect(await mended.sweep()).toMatchObject({ sinkFaults: [] });
    expect(await mended.scorePartition({ partition: '3', asOf: at(6), newestReport: '' })).toMatchObject({
      pending: 1,
    });
    expect(await mended.notify({ sink: 'soc' })).toMatchObject({ sent: 1 });
  });

  it('takes a message of the version before, which names no newest report', async () => {
    const tenant = new Tenant();
    await tenant.detected(group(1));
    const app = createApp(CONFIG, { stores: tenant.stores, clock: () => msOf(at(31)), sinks: [] });
    const old = { partition: '3', asOf: at(30) };
    expect(await app.scorePartition(old)).toMatchObject({ resolved: 0, oldestUnreadMs: null });
    expect(await app.scorePartition({ ...old, newestReport: at(29) })).toMatchObject({ resolved: 1 });
    await expect(app.scorePartition({ ...old, newestReport: 'soon' })).rejects.toThrow('invalid message');
  });
});

describe('app.runNow(asOf), by settings of its own', () => {
  it.each([
    ['no sinks', []],
    ['the same sink elsewhere', [{ ...silent, fingerprint: 'y' }]],
    ['another sink', [{ ...silent, name: 'other' }]],
  ])('with %s leaves what is known of sinks, and puts those that it finds pending on the queue', async (_, sinks) => {
    const tenant = new Tenant();
    await tenant.reports(group(1), hours(0, 3));
    const clock = () => msOf(at(6));
    const deployed = createApp(CONFIG, { stores: tenant.stores, clock, sinks: [silent] });
    await deployed.scorePartition({ partition: 'a', asOf: at(3) });
    for (const name of ['gone', 'soc']) {
      const disabledAt = name === 'gone' ? 1 : null;
      const state = (await stateOf(tenant.stores, name)) ?? { ...NO_RUN_OLDER, name };
      await putState(tenant.stores, { ...state, disabledAt, failures: 2, notBefore: 3 });
    }
    const before = await tenant.stores.sinks.list();
    expect(before).toHaveLength(2);

    // The run counts eight partitions of the one before.
    for (const partition of PARTITIONS) await deployed.scorePartition({ partition, asOf: at(4) });
    const runs = await createApp(CONFIG, { stores: tenant.stores, clock, sinks }).runNow(at(5));
    expect(runs.reduce((due, run) => due + run.pending, 0)).toBe(1);
    expect(await tenant.stores.sinks.list()).toEqual(before);
    // A minute later: whether that sink sends several together only its settings say.
    expect(tenant.stores.queues.later).toEqual([{ queue: 'notify', message: { sink: 'soc' }, delayMs: 60_000 }]);
    await deployed.scorePartition({ partition: '3', asOf: at(5) });
    expect(await deployed.notify({ sink: 'soc' })).toMatchObject({ sent: 1 });
    expect(await tenant.stores.sinks.list()).toMatchObject([{ row: { name: 'gone' } }, { row: { since: at(3) } }]);
  });

  it('finds nothing pending for a sink that no run of the functions has met: it is met by theirs', async () => {
    const tenant = new Tenant();
    const { suppressions } = tenant.stores;
    const list = suppressions.list.bind(suppressions);
    let suppressionLists = 0;
    suppressions.list = () => {
      suppressionLists++;
      return list();
    };
    await tenant.reports(group(1), hours(0, 3));
    const app = createApp(CONFIG, { stores: tenant.stores, clock: () => msOf(at(6)), sinks: [silent] });
    await app.runNow(at(4));
    expect(suppressionLists).toBe(1);
    await app.runNow(at(5));
    expect(await tenant.stores.sinks.list()).toEqual([]);
    expect(tenant.stores.queues.notify).toEqual([]);
    await app.scorePartition({ partition: '3', asOf: at(3) });
    expect(await app.scorePartition({ partition: '3', asOf: at(5) })).toMatchObject({ pending: 1 });
  });
});

describe('the app, with the file of known networks and programs in its account', () => {
  const CSV = 'list,network,program,hash,reason\nindicator,,updater.exe,,INC-4711\n';

  // A partition alone has no context, so that its detection stays low.
  it.each([
    ['scorePartition', 'low'],
    ['runNow', 'high'],
  ])('%s applies it, and reads it once: %s', async (how, wanted) => {
    const tenant = new Tenant();
    const { stores } = tenant;
    await stores.context.put('known.csv', Buffer.from(CSV));
    const open = stores.context.open.bind(stores.context);
    let reads = 0;
    stores.context.open = (name, most) => {
      if (name === 'known.csv') reads++;
      return open(name, most);
    };
    await tenant.reports(group(1), hours(0, 3));
    const app = createApp(CONFIG, { stores, clock: () => msOf(at(7)), sinks: [] });
    for (const hour of [4, 5]) {
      if (how === 'runNow') await app.runNow(at(hour));
      else for (const partition of PARTITIONS) await app.scorePartition({ partition, asOf: at(hour) });
    }
    expect(reads).toBe(1);
    const { known, severity } = await tenant.detection(group(1));
    expect(known).toEqual({ list: 'indicator', reason: 'INC-4711' });
    expect(severity).toBe(wanted);
  });
});

describe('expireHistory(stores, asOf, historyDays)', () => {
  const ASOFS = [addMs(at(0), -1), at(0), at(23), at(47)];

  async function filled(newest: Timestamp | ''): Promise<MemoryStores> {
    let now = 0;
    const stores = memoryStores({ clock: () => now });
    for (const [n, each] of ASOFS.entries()) {
      await stores.runs.put(run({ asOf: each }));
      now = msOf(each);
      const writer = stores.deadLetters.open(`segment-${n}`, { repeat: false });
      await writer.add(deadLetter({ bytes: Buffer.from('x') }));
      await writer.close();
      await stores.suppressions.insert(suppression({ id: `s-${n}`, expires: each }));
    }
    if (newest !== '') await stores.runs.put(run({ asOf: at(1000), newestReport: newest }));
    return stores;
  }

  async function left(stores: MemoryStores, asOf: Timestamp): Promise<[string[], number]> {
    await expireHistory(stores, asOf, 2);
    const runs = await Array.fromAsync(stores.runs.since(at(-1000)));
    const letters = await Array.fromAsync(stores.deadLetters.list());
    const entries = (await Array.fromAsync(stores.suppressions.list())).flat();
    expect(entries).toHaveLength(letters.length);
    return [runs.map((each) => each.asOf).filter((each) => each !== at(1000)), letters.length];
  }

  it('removes runs, dead letters and suppressions from before the history', async () => {
    expect(await left(await filled(at(48)), at(48))).toEqual([ASOFS.slice(1), 3]);
    expect(await left(await filled(at(73)), at(73))).toEqual([ASOFS.slice(3), 1]);
  });

  it('removes nothing for a second time on one day, and again on the next', async () => {
    const stores = await filled(at(48));
    await stores.runs.noteExpiry(at(48));
    expect(await left(stores, at(71))).toEqual([ASOFS, 4]);
    expect(await left(stores, at(72))).toEqual([ASOFS.slice(1), 3]);
  });

  it('is repeated with the next run where it failed', async () => {
    const stores = await filled(at(48));
    const expire = stores.deadLetters.expire.bind(stores.deadLetters);
    stores.deadLetters.expire = async () => {
      throw new Error('503');
    };
    await expect(left(stores, at(48))).rejects.toThrow('503');
    stores.deadLetters.expire = expire;
    expect(await left(stores, at(49))).toEqual([ASOFS.slice(1), 3]);
  });

  it('with a clock that is ahead removes no more than is old at the newest report, and does not skip a day after it', async () => {
    const stores = await filled(at(48));
    expect(await left(stores, at(1000))).toEqual([ASOFS.slice(1), 3]);
    expect(await stores.runs.lastExpiry()).toBe(at(1000));
    await stores.runs.put(run({ asOf: at(72), newestReport: at(72) }));
    expect((await left(stores, at(72)))[1]).toBe(1);
    expect(await left(await filled(''), at(1000))).toEqual([ASOFS, 4]);
  });
});

describe('readConfig(env)', () => {
  const config = (env: Record<string, string>) =>
    readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true', ...env });

  it('refuses HISTORY_DAYS below RETENTION_DAYS', () => {
    expect(config({ HISTORY_DAYS: '4' })).toMatchObject({ retentionDays: 4, historyDays: 4 });
    expect(config({ HISTORY_DAYS: '20', RETENTION_DAYS: '20' })).toMatchObject({ historyDays: 20 });
    expect(() => config({ HISTORY_DAYS: '3.9' })).toThrow('HISTORY_DAYS must be at least RETENTION_DAYS (4), got 3.9');
    expect(() => config({ HISTORY_DAYS: '19', RETENTION_DAYS: '20' })).toThrow(
      'HISTORY_DAYS must be at least RETENTION_DAYS (20), got 19',
    );
    expect(() => config({ HISTORY_DAYS: '2', RETENTION_DAYS: '2' })).toThrow(
      /^Invalid settings: RETENTION_DAYS must be at least LOOKBACK_DAYS \(3\), got 2$/,
    );
  });
});
