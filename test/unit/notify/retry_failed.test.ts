import { beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { addMs, msOf } from '../../../src/core/kql/timestamp.ts';
import { notify } from '../../../src/notify/notify.ts';
import { retryFailed } from '../../../src/notify/retry_failed.ts';
import type { DigestLimits, Notification, Sink, SinkAnswer } from '../../../src/notify/sink.ts';
import { sinkStates } from '../../../src/notify/sink_states.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { detection, groupId, T1 } from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { storesWith } from '../../fakes/stores_with.ts';
import type { DetectionChanges } from '../../support/detections.ts';
import { putState, stateOf } from '../../support/sinks/states.ts';
import {
  deliveryOf as deliveryOfSink,
  type KnownDelivery,
  writeDetection,
} from '../../support/sinks/write_detection.ts';
import { detectionRows } from '../../support/storage/detection_rows.ts';

const START = msOf(T1) + 45 * MINUTE_MS;
const REFUSED: SinkAnswer = { kind: 'permanent', answer: '403' };
const BUSY: SinkAnswer = { kind: 'transient', answer: '503' };
const SENT: SinkAnswer = { kind: 'sent', answer: '200' };
const FLOOD: DigestLimits = { above: 5, atMost: 1000, listed: 10, waitMs: 60_000 };

let stores: MemoryStores;
let now: number;
let answer: SinkAnswer;
let sent: Notification[];
/** The sinks that are in the settings. */
let met: readonly Sink[];
const clock = () => now;
beforeEach(() => {
  stores = memoryStores();
  now = START;
  answer = REFUSED;
  sent = [];
  met = [];
});

function sinkOf(changes: Partial<Sink> = {}): Sink {
  return {
    name: 'soar',
    fingerprint: 'aa',
    digests: null,
    async send(notification) {
      sent.push(notification);
      return answer;
    },
    ...changes,
  };
}

async function open(sink: Sink, count: number, changes: DetectionChanges = {}, from = 0): Promise<void> {
  met = [...met.filter(({ name }) => name !== sink.name), sink];
  await sinkStates(stores, met, addMs(T1, -HOUR_MS));
  for (let number = from; number < from + count; number++) {
    await writeDetection(stores, detection({ groupId: groupId(number), average: 1000 - number, ...changes }));
  }
}

const round = (sink: Sink) => notify(stores, sink, clock, { random: () => 0 });
const retry = (sinks: readonly string[] | null = null, isDryRun = false, from: Stores = stores) =>
  retryFailed(from, sinks, clock, isDryRun);

async function deliveryOf(number: number): Promise<KnownDelivery | undefined> {
  return await deliveryOfSink(stores, groupId(number), 'soar');
}

const everything = async () => [
  (await Array.fromAsync(stores.detections.scan('3' as never))).flat(),
  (await Array.fromAsync(stores.outbox.ids('3' as never))).flat(),
  await stores.sinks.list(),
  stores.queues.later,
  stores.queues.notify,
];

describe('retryFailed(stores, sinks, clock, isDryRun)', () => {
  it('makes pending again what was refused; it is sent once, under its id', async () => {
    const sink = sinkOf();
    await open(sink, 2);
    expect(await round(sink)).toMatchObject({ failed: 2 });
    now += HOUR_MS;
    expect(await retry()).toEqual([{ sink: 'soar', detections: 2, isDisabled: false }]);
    expect(stores.queues.later).toEqual([{ queue: 'notify', message: { sink: 'soar' }, delayMs: MINUTE_MS }]);
    expect(await deliveryOf(0)).toMatchObject({ status: 'pending', attempts: 0, firstAt: null, at: now });
    // Not while others are still being marked.
    expect(await round(sink)).toMatchObject({ sent: 0 });
    now += MINUTE_MS;
    answer = SENT;
    expect(await round(sink)).toMatchObject({ sent: 2 });
    expect(await round(sink)).toMatchObject({ sent: 0 });
    expect(sent).toHaveLength(4);
    expect(sent.slice(2).map(({ id }) => id)).toEqual(sent.slice(0, 2).map(({ id }) => id));
    expect(await deliveryOf(0)).toMatchObject({ status: 'sent', attempts: 1 });
    expect(await retry()).toEqual([{ sink: 'soar', detections: 0, isDisabled: false }]);
  });

  it('a digest again as one message, under its id', async () => {
    const sink = sinkOf({ digests: FLOOD });
    await open(sink, 40);
    await round(sink);
    expect(await retry()).toMatchObject([{ detections: 40 }]);
    now += MINUTE_MS;
    answer = SENT;
    expect(await round(sink)).toMatchObject({ sent: 40 });
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
  });

  it('stopped half-way leaves the rest failed: what was made pending is one message, and the rest another', async () => {
    const sink = sinkOf({ digests: FLOOD });
    await open(sink, 60);
    await round(sink);
    let marks = 0;
    const stopped = storesWith(stores, {
      detections: {
        async mark(...args) {
          if (++marks > 32) throw new Error('stopped');
          return await stores.detections.mark(...args);
        },
      },
    });
    await expect(retry(null, false, stopped)).rejects.toThrow('stopped');
    now += MINUTE_MS;
    answer = SENT;
    expect(await round(sink)).toMatchObject({ sent: 32 });
    expect(await retry()).toMatchObject([{ detections: 28 }]);
    now += MINUTE_MS;
    expect(await round(sink)).toMatchObject({ sent: 28 });
    expect(new Set(sent.map(({ id }) => id)).size).toBe(3);
  });

  it('has a day again, and fails again where it is refused again', async () => {
    const sink = sinkOf();
    answer = BUSY;
    await open(sink, 1);
    await round(sink);
    now += 25 * HOUR_MS;
    expect(await round(sink)).toMatchObject({ failed: 1 });
    now += HOUR_MS;
    await retry();
    now += 23 * HOUR_MS;
    expect(await round(sink)).toMatchObject({ waiting: 1 });
    answer = REFUSED;
    now += HOUR_MS;
    expect(await round(sink)).toMatchObject({ failed: 1 });
    expect(await deliveryOf(0)).toMatchObject({ status: 'failed', answer: '403' });
  });

  it('wakes a sink that backs off, and leaves one that is gone (410) to its settings', async () => {
    const sink = sinkOf();
    await open(sink, 1);
    await round(sink);
    const state = await stateOf(stores, 'soar');
    if (!state) throw new Error('not met');
    await putState(stores, { ...state, failures: 9, notBefore: now + HOUR_MS, disabledAt: 7 });
    expect(await retry()).toEqual([{ sink: 'soar', detections: 1, isDisabled: true }]);
    expect(await stateOf(stores, 'soar')).toEqual({ ...state, failures: 0, notBefore: 0, disabledAt: 7 });
  });

  it.each<[string, DetectionChanges]>([
    ['resolved', { state: 'resolved' }],
    ['suppressed', { suppressedBy: 's-1' }],
    ['changed since: the new revision is pending by itself', { revision: 2 }],
  ])('leaves one that is %s', async (_, changes) => {
    const sink = sinkOf();
    await open(sink, 1);
    await round(sink);
    await writeDetection(stores, detection({ groupId: groupId(0), ...changes }));
    const before = await everything();
    expect(await retry()).toEqual([{ sink: 'soar', detections: 0, isDisabled: false }]);
    expect(await everything()).toEqual(before);
  });

  it('leaves what was sent, what is on its way, and other sinks', async () => {
    const [soar, chat] = [sinkOf(), sinkOf({ name: 'chat' })];
    await open(chat, 0);
    await open(soar, 1);
    await round(soar);
    await round(chat);
    answer = SENT;
    await open(soar, 1, {}, 1);
    await round(soar);
    answer = BUSY;
    await open(soar, 1, {}, 2);
    await round(soar);
    const others = [await deliveryOf(1), await deliveryOf(2)];
    expect(await retry(['soar'])).toEqual([{ sink: 'soar', detections: 1, isDisabled: false }]);
    expect([await deliveryOf(1), await deliveryOf(2)]).toEqual(others);
    expect(await retry(['soar', 'chat'], true)).toMatchObject([
      { sink: 'chat', detections: 1 },
      { sink: 'soar', detections: 0 },
    ]);
  });

  it('dry gives how many, and writes and sends nothing', async () => {
    const sink = sinkOf();
    await open(sink, 3);
    await round(sink);
    const before = await everything();
    expect(await retry(null, true)).toEqual([{ sink: 'soar', detections: 3, isDisabled: false }]);
    expect(await everything()).toEqual(before);
  });

  it('skips a sink that no run of the functions knows', async () => {
    const sink = sinkOf();
    await open(sink, 1);
    await round(sink);
    expect(await retry(['nobody'])).toEqual([]);
  });

  it('keeps what the scorer, or another retry, writes meanwhile', async () => {
    const sink = sinkOf();
    await open(sink, 2);
    await round(sink);
    let meddled = 0;
    const overtaken = storesWith(stores, {
      detections: {
        async mark(id, change, version) {
          const found = meddled++ < 2 ? await stores.detections.get(id) : null;
          const state = id === groupId(0) ? 'ongoing' : 'resolved';
          if (found) await writeDetection(stores, { ...found.row.detection, state });
          return await stores.detections.mark(id, change, version);
        },
      },
    });
    // One is resolved by then.
    expect(await retry(null, false, overtaken)).toMatchObject([{ detections: 1 }]);
    const states = await detectionRows(stores.detections);
    expect(states.map(({ detection, deliveries }) => [detection.state, deliveries['soar']?.status])).toEqual([
      ['ongoing', 'pending'],
      ['resolved', 'failed'],
    ]);
  });
});

describe('app.retryFailed(name, isDryRun)', () => {
  const app = (sinks: readonly Sink[]) =>
    createApp(readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' }), { stores, clock, sinks });

  it('is of the sinks that the functions know, whatever sinks are set here', async () => {
    const sink = sinkOf();
    await open(sink, 1);
    await round(sink);
    expect(await app([]).retryFailed('nobody', false)).toEqual([]);
    expect(await app([sinkOf({ name: 'other' })]).retryFailed(undefined, false)).toMatchObject([{ sink: 'soar' }]);
  });
});
