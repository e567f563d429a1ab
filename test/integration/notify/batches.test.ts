import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { addMs, msOf } from '../../../src/core/kql/timestamp.ts';
import { type NotifyOptions, notify } from '../../../src/notify/notify.ts';
import type { DigestLimits, Notification, Sink, SinkAnswer } from '../../../src/notify/sink.ts';
import { sinkStates } from '../../../src/notify/sink_states.ts';
import { openSink } from '../../../src/notify/sinks/open.ts';
import { send } from '../../../src/notify/sinks/send.ts';
import type { SinkState, SinkStates } from '../../../src/storage/ports/sink_states.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { detection, groupId, T1 } from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { storesWith } from '../../fakes/stores_with.ts';
import type { DetectionChanges } from '../../support/detections.ts';
import { CONTEXT, SINKS } from '../../support/sinks/samples.ts';
import { putState, stateOf } from '../../support/sinks/states.ts';
import { deliveryOf, type KnownDelivery, writeDetection } from '../../support/sinks/write_detection.ts';
import { detectionRows } from '../../support/storage/detection_rows.ts';

const START = msOf(T1) + 45 * MINUTE_MS;
const SENT: SinkAnswer = { kind: 'sent', answer: '200' };
const BUSY: SinkAnswer = { kind: 'transient', answer: '503' };
const FLOOD: DigestLimits = { above: 5, atMost: 1000, listed: 10, waitMs: 60_000 };

let stores: MemoryStores;
let now: number;
const clock = () => now;
beforeEach(() => {
  stores = memoryStores();
  now = START;
});

type Tell = SinkAnswer | ((notification: Notification) => Promise<SinkAnswer>);

function sinkOf(tell: Tell, changes: Partial<Sink> = {}): Sink & { readonly sent: Notification[] } {
  const sent: Notification[] = [];
  return {
    name: 'soar',
    fingerprint: 'aa',
    digests: null,
    sent,
    async send(notification) {
      sent.push(notification);
      return typeof tell === 'function' ? await tell(notification) : tell;
    },
    ...changes,
  };
}

/** So many detections have opened, and the sink has been there for longer. */
async function open(sinks: readonly Sink[], count: number, from = 0, changes: DetectionChanges = {}): Promise<void> {
  await sinkStates(stores, sinks, addMs(T1, -HOUR_MS));
  for (let number = from; number < from + count; number++) {
    await writeDetection(stores, detection({ groupId: groupId(number), average: 1000 - number, ...changes }));
  }
}

const sendBatch = (sink: Sink, options: NotifyOptions = {}, from: Stores = stores) =>
  notify(from, sink, clock, { random: () => 0, ...options });

async function deliveries(sink = 'soar'): Promise<KnownDelivery[]> {
  const rows = await detectionRows(stores.detections);
  const found = await Promise.all(rows.map(({ detection }) => deliveryOf(stores, detection.groupId, sink)));
  return found.flatMap((delivery) => delivery ?? []);
}

async function statuses(sink = 'soar'): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status } of await deliveries(sink)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** What a scorer makes of a detection. */
async function change(number: number, changes: DetectionChanges): Promise<void> {
  const found = await stores.detections.get(groupId(number));
  if (found) await writeDetection(stores, { ...found.row.detection, ...changes });
}

/** The stores of a worker that dies at the call of that number, before it is made. */
function killedAt(call: 'replace' | 'settle', number: number): Stores {
  let calls = 0;
  const killed = async () => {
    if (++calls >= number) throw new Error('killed');
  };
  return storesWith(stores, {
    outbox: {
      replace: async (rows) => {
        if (call === 'replace') await killed();
        return await stores.outbox.replace(rows);
      },
      settle: async (settled) => {
        if (call === 'settle') await killed();
        return await stores.outbox.settle(settled);
      },
    },
  });
}

// ── A sink that does not answer ───────────────────────────────────────────────────────────────────────────────────

describe('notify(stores, sink, clock): a sink that does not take it', () => {
  it('is left alone after the first try, whatever else is pending, and is asked again by the queue', async () => {
    const sink = sinkOf(BUSY);
    await open([sink], 100);
    expect(await sendBatch(sink)).toMatchObject({ sent: 0, failed: 0, waiting: 1, leased: 0, againInMs: 16_000 });
    expect(sink.sent).toHaveLength(1);
    expect(await stateOf(stores, 'soar')).toMatchObject({ failures: 1, notBefore: START + 15_000 });
    // What comes before then ends at once, and does not come back: who made the try does.
    now += 14_999;
    expect(await sendBatch(sink)).toMatchObject({ sent: 0, failed: 0, waiting: 0, leased: 0, againInMs: null });
    expect(sink.sent).toHaveLength(1);
  });

  it('is tried ever more rarely, each time with what was tried least; then by the hourly runs alone', async () => {
    const sink = sinkOf(BUSY);
    await open([sink], 3);
    const pauses: (number | null)[] = [];
    for (let each = 0; each < 9; each++) {
      const { againInMs } = await sendBatch(sink, { random: () => 1 });
      pauses.push(againInMs);
      now += againInMs ?? HOUR_MS;
    }
    expect(pauses).toEqual([31_000, 61_000, 121_000, 241_000, 481_000, null, null, null, null]);
    expect(sink.sent.map(({ detections }) => detections[0]?.groupId)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2].map(groupId));
  });

  it('is believed how long it wants to be left alone, up to six hours', async () => {
    const sink = sinkOf({ kind: 'transient', answer: '429', retryAfterMs: 2 * HOUR_MS });
    await open([sink], 2);
    // Longer than the queue is to wait: an hourly run comes back to it.
    expect((await sendBatch(sink)).againInMs).toBeNull();
    expect(await stateOf(stores, 'soar')).toMatchObject({ notBefore: START + 2 * HOUR_MS });
    now += 2 * HOUR_MS - 1;
    await sendBatch(sink);
    expect(sink.sent).toHaveLength(1);
    now += 1;
    await sendBatch(sink);
    expect(sink.sent).toHaveLength(2);
  });

  it('has a clean slate after one that it took, and takes all that waited', async () => {
    let answer: SinkAnswer = BUSY;
    const sink = sinkOf(async () => answer);
    await open([sink], 4);
    for (let each = 0; each < 3; each++) now += (await sendBatch(sink)).againInMs ?? 0;
    answer = SENT;
    expect(await sendBatch(sink)).toMatchObject({ sent: 4, againInMs: null });
    expect(await stateOf(stores, 'soar')).toMatchObject({ failures: 0, notBefore: 0 });
    expect(await statuses()).toEqual({ sent: 4 });
  });

  it('is not held up by one message that it cannot take: the others go first the next time', async () => {
    const sink = sinkOf(async ({ detections }) => (detections[0]?.groupId === groupId(0) ? BUSY : SENT));
    await open([sink], 4);
    expect(await sendBatch(sink)).toMatchObject({ sent: 0, waiting: 1 });
    now += 16_000;
    expect(await sendBatch(sink)).toMatchObject({ sent: 3, waiting: 1 });
    now += 16_000;
    // It has a pause of its own by now, twice as long.
    expect(await sendBatch(sink)).toMatchObject({ sent: 0, waiting: 0, againInMs: null });
    now += HOUR_MS;
    expect(await sendBatch(sink)).toMatchObject({ waiting: 1 });
  });

  it('that answered 410 (gone) has a day again for what it was asked, once it is woken', async () => {
    let answer: SinkAnswer = { kind: 'gone', answer: '410' };
    const sink = sinkOf(async () => answer);
    await open([sink], 1);
    await sendBatch(sink);
    now += 3 * 24 * HOUR_MS;
    const moved = { ...sink, fingerprint: 'bb' };
    await sinkStates(stores, [moved], addMs(T1, 3 * 24 * HOUR_MS));
    answer = BUSY;
    expect(await sendBatch(moved)).toMatchObject({ waiting: 1, failed: 0 });
    now += 24 * HOUR_MS;
    expect(await sendBatch(moved)).toMatchObject({ waiting: 0, failed: 1 });
  });

  it('wakes with other settings', async () => {
    const sink = sinkOf(BUSY);
    await open([sink], 1);
    await sendBatch(sink);
    const moved = sinkOf(SENT, { fingerprint: 'bb' });
    await sinkStates(stores, [moved], T1);
    expect(await stateOf(stores, 'soar')).toMatchObject({ failures: 0, notBefore: 0 });
    now += 16_000;
    expect(await sendBatch(moved)).toMatchObject({ sent: 1 });
  });

  it('leaves word of the first twenty messages, with what came back', async () => {
    const sink = sinkOf(SENT);
    await open([sink], 30);
    const { messages } = await sendBatch(sink);
    expect(messages).toHaveLength(20);
    expect(messages[0]).toEqual({
      id: `${groupId(0).slice(8)}|${T1}|1`,
      detections: 1,
      end: 'sent',
      answer: '200',
    });
  });

  it('gives others their turn when it is slow: no message is begun after half a minute', async () => {
    const slow = sinkOf(async () => {
      now += slow.sent.length % 17 === 1 ? 14_000 : 1000;
      return SENT;
    });
    await open([slow], 40);
    // One alone, and then sixteen at a time.
    expect(await sendBatch(slow)).toMatchObject({ sent: 17, failed: 0, waiting: 0, leased: 0, againInMs: 6000 });
    // Its other messages do not take the turns of others: they end at once.
    for (let message = 0; message < 15; message++)
      expect(await sendBatch(slow)).toMatchObject({ sent: 0, againInMs: null });
    expect(slow.sent).toHaveLength(17);
    now += 6000;
    expect(await sendBatch(slow)).toMatchObject({ sent: 17, againInMs: 6000 });
    expect(await stateOf(stores, 'soar')).toMatchObject({ failures: 0 });
    now += 6000;
    expect(await sendBatch(slow)).toMatchObject({ sent: 6, againInMs: null });
  });

  it('sends one message at least, however long the listing took and however short the budget is', async () => {
    const slow = storesWith(stores, {
      outbox: {
        list: (...args) => {
          now += 40_000;
          return stores.outbox.list(...args);
        },
      },
    });
    const sink = sinkOf(SENT);
    await open([sink], 3);
    for (const left of [2, 1, 0]) {
      expect(await sendBatch(sink, { budgetMs: 0 }, slow)).toMatchObject({ sent: 1, againInMs: left ? 6000 : null });
      now += 6000;
    }
  });

  it('is sent one alone until it has answered, then sixteen at a time', async () => {
    let [atOnce, most] = [0, 0];
    const sink = sinkOf(async () => {
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => setTimeout(resolve, 5));
      atOnce--;
      if (sink.sent.length === 1) expect(most).toBe(1);
      return SENT;
    });
    await open([sink], 60);
    expect(await sendBatch(sink)).toMatchObject({ sent: 60 });
    expect(most).toBe(16);
  });

  it('begins no further message once one of them is not taken', async () => {
    const sink = sinkOf(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return sink.sent.length > 10 ? BUSY : SENT;
    });
    await open([sink], 200);
    const { sent, waiting, againInMs } = await sendBatch(sink);
    expect(againInMs).toBe(16_000);
    expect(sent + waiting).toBeLessThan(34);
    expect(await stateOf(stores, 'soar')).toMatchObject({ failures: 1 });
  });

  it('has failed once, however many were on their way when it fell silent', async () => {
    const sink = sinkOf(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return BUSY;
    });
    await open([sink], 16);
    const batches = await Promise.all(Array.from({ length: 16 }, () => sendBatch(sink)));
    expect(sink.sent.length).toBeGreaterThan(1);
    expect(await stateOf(stores, 'soar')).toMatchObject({ failures: 1, notBefore: START + 15_000 });
    expect(batches.every(({ againInMs }) => againInMs === null || againInMs === 16_000)).toBe(true);
  });

  it('keeps the longest that any of them asks for', async () => {
    const sink = sinkOf(async () => ({ ...BUSY, retryAfterMs: sink.sent.length === 1 ? 600_000 : 0 }) as SinkAnswer);
    await open([sink], 2);
    await Promise.all([sendBatch(sink), sendBatch(sink)]);
    expect(sink.sent).toHaveLength(2);
    expect(await stateOf(stores, 'soar')).toMatchObject({ notBefore: START + 600_000 });
  });

  it('keeps what another worker wrote of it meanwhile: gone is gone', async () => {
    const sink = sinkOf(async () => {
      const state = await stateOf(stores, 'soar');
      if (state) await putState(stores, { ...state, disabledAt: now });
      return BUSY;
    });
    await open([sink], 1);
    await sendBatch(sink);
    expect(await stateOf(stores, 'soar')).toMatchObject({ disabledAt: START, failures: 1 });
  });
});

describe('several workers that learn of a sink at once', () => {
  /** The stores of a worker between whose next reading of the sink and its writing another one writes. */
  function overtaken(changes: Partial<SinkState>): Stores {
    let isOver = false;
    const sinks: SinkStates = {
      get: (name) => stores.sinks.get(name),
      list: () => stores.sinks.list(),
      insert: (state) => stores.sinks.insert(state),
      async replace(state, version) {
        const found = isOver ? null : await stateOf(stores, state.name);
        isOver = true;
        if (found !== null) await putState(stores, { ...found, ...changes });
        return await stores.sinks.replace(state, version);
      },
    };
    return { ...stores, sinks };
  }

  it.each<[string, SinkAnswer]>([
    ['busy', BUSY],
    ['gone', { kind: 'gone', answer: '410' }],
  ])('is all kept where one of them hears that it is %s', async (_, answer) => {
    const sink = sinkOf(answer);
    await open([sink], 1);
    await sendBatch(sink, {}, overtaken({ disabledAt: 7, failures: 5 }));
    const isGone = answer.kind === 'gone';
    expect(await stateOf(stores, 'soar')).toMatchObject({
      disabledAt: isGone ? START : 7,
      failures: isGone ? 5 : 6,
    });
  });

  it('is not laid to other settings, where one that has the old ones yet hears that it is gone', async () => {
    const sink = sinkOf({ kind: 'gone', answer: '410' });
    await open([sink], 1);
    const moved = sinkOf(SENT, { fingerprint: 'bb' });
    await sinkStates(stores, [moved], T1);
    await sendBatch(sink);
    expect(await stateOf(stores, 'soar')).toMatchObject({ settings: 'bb', disabledAt: null });
    expect(await sendBatch(moved)).toMatchObject({ sent: 1 });
  });

  it('is kept where a slow one has used up its turn', async () => {
    const slow = sinkOf(async () => {
      now += 40_000;
      return SENT;
    });
    await open([slow], 2);
    await sendBatch(slow, {}, overtaken({ disabledAt: 7 }));
    expect(await stateOf(stores, 'soar')).toMatchObject({ disabledAt: 7, notBefore: now + 5000 });
  });

  it('is kept where a run finds other settings: it was met with them, and is gone since', async () => {
    await open([sinkOf(SENT)], 1);
    const moved = sinkOf(SENT, { fingerprint: 'bb' });
    await sinkStates(overtaken({ settings: 'bb', disabledAt: 7 }), [moved], T1);
    expect(await stateOf(stores, 'soar')).toMatchObject({ settings: 'bb', disabledAt: 7 });
  });
});

describe('a sink that is down for a day', () => {
  it('loses nothing of that day once it is back, and sends each once', async () => {
    let answer: SinkAnswer = BUSY;
    const sink = sinkOf(async () => answer);
    await open([sink], 3);
    // Every hour a run, which finds three more; the queue brings back what it waits for.
    for (let hour = 0; hour < 23; hour++) {
      const until = now + HOUR_MS;
      let { againInMs } = await sendBatch(sink);
      while (againInMs !== null && now + againInMs < until) {
        now += againInMs;
        ({ againInMs } = await sendBatch(sink));
      }
      now = until;
      await open([sink], 3, 3 * (hour + 1), { episode: addMs(T1, (hour + 1) * HOUR_MS) });
    }
    const tries = sink.sent.length;
    // Some first thing, then hardly more than one an hour and half hour: a sink that is down costs little.
    expect(tries).toBeLessThan(60);
    answer = SENT;
    now += HOUR_MS;
    expect(await sendBatch(sink)).toMatchObject({ sent: 72, failed: 0, waiting: 0 });
    expect(await statuses()).toEqual({ sent: 72 });
    const taken = sink.sent.slice(tries).map(({ id }) => id);
    expect(new Set(taken).size).toBe(72);
  });

  it('and stays down fails what was tried for a day, and goes on with what is younger', async () => {
    const sink = sinkOf(BUSY);
    await open([sink], 1);
    await sendBatch(sink);
    now = START + 23 * HOUR_MS;
    await open([sink], 1, 1);
    await sendBatch(sink);
    now = START + 25 * HOUR_MS;
    await sendBatch(sink);
    now += HOUR_MS;
    await sendBatch(sink);
    expect(await deliveries()).toMatchObject([
      { status: 'failed', answer: '503' },
      { status: 'pending', answer: '503' },
    ]);
  });
});

// ── Many at once ──────────────────────────────────────────────────────────────────────────────────────────────────

describe('notify() of a flood', () => {
  it('is one message above the number, and marks every detection as sent within it', async () => {
    const sink = sinkOf(SENT, { digests: FLOOD });
    await open([sink], 47);
    expect(await sendBatch(sink)).toMatchObject({ sent: 47, failed: 0, waiting: 0, leased: 0, againInMs: null });
    expect(sink.sent).toHaveLength(1);
    const [{ id, detections, more, digest }] = sink.sent as [Notification];
    expect([detections.length, more, digest]).toEqual([10, 37, true]);
    expect(detections.map((each) => each.groupId)).toEqual(Array.from({ length: 10 }, (_, n) => groupId(n)));
    for (const delivery of await deliveries()) {
      expect(delivery).toMatchObject({ status: 'sent', answer: '200', digest: id });
    }
    expect(await deliveries()).toHaveLength(47);
    expect(await sendBatch(sink)).toMatchObject({ sent: 0 });
  });

  it('of more than one batch holds is sent in several, the first in order first, each once', async () => {
    const sink = sinkOf(SENT, { digests: { ...FLOOD, atMost: 8 } });
    await open([sink], 25);
    const batches = [];
    for (let each = 0; each < 4; each++) batches.push(await sendBatch(sink, { mostUntried: 10 }));
    expect(batches.map(({ sent, againInMs }) => [sent, againInMs])).toEqual([
      [10, 6000],
      [10, 6000],
      [5, null],
      [0, null],
    ]);
    expect(await statuses()).toEqual({ sent: 25 });
    expect(sink.sent.map(({ detections, more }) => detections.length + more)).toEqual([8, 2, 8, 2, 1, 1, 1, 1, 1]);
    const shown = sink.sent.flatMap(({ detections }) => detections.map((each) => each.groupId));
    expect(shown).toEqual(Array.from({ length: 25 }, (_, n) => groupId(n)));
  });

  it('is tried again as it was, under its id, while what opens meanwhile is sent by itself', async () => {
    let answer: SinkAnswer = BUSY;
    const sink = sinkOf(async () => answer, { digests: FLOOD });
    await open([sink], 8);
    expect(await sendBatch(sink)).toMatchObject({ waiting: 8, againInMs: 16_000 });
    await open([sink], 2, 50);
    answer = SENT;
    now += 16_000;
    expect(await sendBatch(sink)).toMatchObject({ sent: 10 });
    const [first, ...rest] = sink.sent as [Notification, ...Notification[]];
    expect(rest.map(({ id, digest }) => [id === first.id, digest])).toEqual([
      [false, false],
      [false, false],
      [true, true],
    ]);
    expect(rest[2]).toEqual(first);
  });

  it('killed during its lease was never sent: the leased rows are sent under its id, the others in another digest', async () => {
    const sink = sinkOf(SENT, { digests: FLOOD });
    await open([sink], 250);
    await expect(sendBatch(sink, {}, killedAt('replace', 2))).rejects.toThrow('killed');
    expect(sink.sent).toEqual([]);
    now += 2 * MINUTE_MS;
    expect(await sendBatch(sink)).toMatchObject({ sent: 250 });
    expect(sink.sent.map(({ detections, more }) => detections.length + more).sort()).toEqual([100, 150]);
    expect(await statuses()).toEqual({ sent: 250 });
  });

  it.each([1, 2, 3])('killed after it was sent is sent again under its id (at transaction %i)', async (call) => {
    const sink = sinkOf(SENT, { digests: FLOOD });
    await open([sink], 120);
    await expect(sendBatch(sink, {}, killedAt('settle', call))).rejects.toThrow('killed');
    expect(sink.sent).toHaveLength(1);
    now += 2 * MINUTE_MS;
    await sendBatch(sink);
    expect(new Set(sink.sent.map(({ id }) => id)).size).toBe(1);
    expect(await statuses()).toEqual({ sent: 120 });
  });

  it('by several workers at once is sent by one', async () => {
    const sink = sinkOf(SENT, { digests: FLOOD });
    await open([sink], 30);
    const ends = await Promise.all([sendBatch(sink), sendBatch(sink), sendBatch(sink)]);
    expect(sink.sent).toHaveLength(1);
    expect(ends.map(({ sent }) => sent).sort()).toEqual([0, 0, 30]);
  });

  it('with one row that changes during the lease is not sent, and is free for the next batch', async () => {
    const sink = sinkOf(SENT, { digests: FLOOD });
    await open([sink], 8);
    let isResolved = false;
    const meddled = storesWith(stores, {
      outbox: {
        async replace(rows) {
          if (!isResolved) {
            isResolved = true;
            await change(7, { state: 'resolved' });
          }
          return await stores.outbox.replace(rows);
        },
      },
    });
    const nothing = { sent: 0, failed: 0, waiting: 0, leased: 8, againInMs: 6000 };
    expect(await sendBatch(sink, {}, meddled)).toMatchObject(nothing);
    expect(sink.sent).toEqual([]);
    expect(await sendBatch(sink)).toMatchObject({ sent: 7 });
    expect(detectionIdsOf(sink.sent)).not.toContain(groupId(7));
  });

  it('with one changed row in a later transaction is not sent, and all are free for the next batch', async () => {
    const sink = sinkOf(SENT, { digests: FLOOD });
    await open([sink], 250);
    let calls = 0;
    const meddled = storesWith(stores, {
      outbox: {
        async replace(rows) {
          if (++calls === 1) await change(249, { revision: 2 });
          return await stores.outbox.replace(rows);
        },
      },
    });
    expect(await sendBatch(sink, {}, meddled)).toMatchObject({ sent: 0, leased: 250, againInMs: 6000 });
    expect(await sendBatch(sink)).toMatchObject({ sent: 250, againInMs: null });
    expect(sink.sent).toHaveLength(1);
  });

  it('with rows that changed since is sent again at once: these rows alone, the others under its id', async () => {
    let answer: SinkAnswer = BUSY;
    const sink = sinkOf(async () => answer, { digests: FLOOD });
    await open([sink], 8);
    expect(await sendBatch(sink)).toMatchObject({ waiting: 8 });
    for (let number = 0; number < 3; number++) {
      await change(number, { revision: 2 });
    }
    now += MINUTE_MS;
    answer = SENT;
    expect(await sendBatch(sink)).toMatchObject({ sent: 8, leased: 0 });
    expect(sink.sent.slice(1).map(({ id, detections }) => [id === sink.sent[0]?.id, detections.length])).toEqual([
      [false, 1],
      [false, 1],
      [false, 1],
      [true, 5],
    ]);
  });

  it('with rows leased by a worker that died is sent when the lease ends', async () => {
    const sink = sinkOf(SENT, { digests: FLOOD });
    await open([sink], 250);
    await expect(sendBatch(sink, {}, killedAt('replace', 2))).rejects.toThrow('killed');
    // As the host brings the message back.
    now += 30_000;
    expect(await sendBatch(sink)).toMatchObject({ sent: 150, againInMs: 120_000 });
    now += 120_000;
    expect(await sendBatch(sink)).toMatchObject({ sent: 100, againInMs: null });
  });

  it('that kills whoever sends it comes back by the queue five times, then by the hourly runs', async () => {
    const sink = sinkOf(async () => Promise.reject(new Error('killed')));
    await open([sink], 1);
    const pauses: (number | null)[] = [];
    for (let each = 0; each < 6; each++) {
      await expect(sendBatch(sink)).rejects.toThrow('killed');
      pauses.push((await sendBatch(sink)).againInMs);
      now += 120_000;
    }
    expect(pauses).toEqual([120_000, 120_000, 120_000, 120_000, 120_000, null]);
  });

  it('is not sent on leases that ran out while they were taken, and is free again', async () => {
    const sink = sinkOf(SENT, { digests: FLOOD });
    await open([sink], 8);
    const slow = storesWith(stores, {
      outbox: {
        async replace(rows) {
          now += 100_000;
          return await stores.outbox.replace(rows);
        },
      },
    });
    expect(await sendBatch(sink, {}, slow)).toMatchObject({ sent: 0, leased: 8, againInMs: 6000 });
    expect(sink.sent).toEqual([]);
    expect(await sendBatch(sink)).toMatchObject({ sent: 8 });
  });

  it('lists none that was resolved since it was leased, and does not say that it was sent', async () => {
    const sink = sinkOf(SENT, { digests: FLOOD });
    await open([sink], 20);
    const resolving = storesWith(stores, {
      outbox: {
        async replace(rows) {
          const versions = await stores.outbox.replace(rows);
          if (sink.sent.length === 0) await change(3, { state: 'resolved' });
          return versions;
        },
      },
    });
    expect(await sendBatch(sink, {}, resolving)).toMatchObject({ sent: 19, leased: 1 });
    expect(detectionIdsOf(sink.sent)).not.toContain(groupId(3));
    expect(await statuses()).toEqual({ sent: 19, withdrawn: 1 });
  });

  it('of more than a thousand is several messages, and forgets none', async () => {
    const sink = sinkOf(SENT, { digests: { ...FLOOD, atMost: 100 } });
    await open([sink], 250);
    expect(await sendBatch(sink)).toMatchObject({ sent: 250 });
    expect(sink.sent.map(({ detections, more }) => detections.length + more)).toEqual([100, 100, 50]);
    expect(new Set((await deliveries()).map(({ digest }) => digest)).size).toBe(3);
  });

  it('is rows for Splunk and Sentinel: all of them, several to a request', async () => {
    const { digests: together } = openSink(SINKS['splunk-hec'], CONTEXT);
    const sink = sinkOf(SENT, { digests: together });
    await open([sink], 120);
    expect(await sendBatch(sink)).toMatchObject({ sent: 120 });
    expect(sink.sent.map(({ detections, more }) => [detections.length, more])).toEqual([
      [50, 0],
      [50, 0],
      [20, 0],
    ]);
  });
});

function detectionIdsOf(sent: readonly Notification[]): string[] {
  return sent.flatMap(({ detections }) => detections.map(({ groupId }) => groupId));
}

// ── Real receivers ────────────────────────────────────────────────────────────────────────────────────────────────

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Answers as it is sent, and keeps the ids that it was sent. */
async function receiver(status: () => number | 'hang') {
  const ids: string[] = [];
  const server = createServer(async (request, response) => {
    await text(request);
    const answer = status();
    ids.push(String(request.headers['webhook-id']));
    if (answer !== 'hang') response.writeHead(answer, { 'retry-after': '120' }).end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, ids };
}

describe('app.notify(message) with real receivers', () => {
  const app = (sinks: readonly Sink[]) =>
    createApp(readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' }), { stores, clock, sinks });

  it('sends 100 detections at once, each once, whatever number of messages come', async () => {
    const { url, ids } = await receiver(() => 204);
    const sink = openSink({ ...SINKS.json, url }, CONTEXT);
    await open([sink], 100);
    await Promise.all([1, 2, 3].map(() => app([sink]).notify({ sink: 'soar' })));
    await app([sink]).notify({ sink: 'soar' });
    expect(ids).toHaveLength(100);
    expect(new Set(ids).size).toBe(100);
    expect(await statuses()).toEqual({ sent: 100 });
  });

  it('a sink that hangs costs one time-out, and the others theirs nothing', async () => {
    const dead = await receiver(() => 'hang');
    const well = await receiver(() => 200);
    const hanging = openSink({ ...SINKS.json, url: dead.url }, CONTEXT, (request) => send(request, 100));
    const working = openSink({ ...SINKS.json, name: 'chat', url: well.url }, CONTEXT);
    await open([hanging, working], 20);
    const both = app([hanging, working]);
    const started = performance.now();
    expect(await both.notify({ sink: 'soar' })).toMatchObject({ waiting: 1 });
    expect(await both.notify({ sink: 'chat' })).toMatchObject({ sent: 20 });
    expect(await both.notify({ sink: 'soar' })).toMatchObject({ waiting: 0 });
    expect(dead.ids).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('comes back after what Retry-After asks for, by a message that waits', async () => {
    let status = 429;
    const { url, ids } = await receiver(() => status);
    const sink = openSink({ ...SINKS.json, url }, CONTEXT);
    await open([sink], 2);
    expect(await app([sink]).notify({ sink: 'soar' })).toMatchObject({ waiting: 1, againInMs: 121_000 });
    expect(stores.queues.later).toEqual([{ queue: 'notify', message: { sink: 'soar' }, delayMs: 121_000 }]);
    status = 200;
    now += 121_000;
    expect(await app([sink]).notify({ sink: 'soar' })).toMatchObject({ sent: 2, againInMs: null });
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(2);
  });

  it('a flood in a chat is one message of all of them', async () => {
    const bodies: string[] = [];
    const sink = openSink({ ...SINKS.slack }, CONTEXT, async ({ body }) => {
      bodies.push(body);
      return SENT;
    });
    await open([sink], 47);
    expect(await app([sink]).notify({ sink: 'slack' })).toMatchObject({ sent: 47 });
    expect(bodies).toHaveLength(1);
    expect(bodies[0]).toContain('47 new or changed beacons');
    expect(bodies[0]).toContain('and 37 more. ');
    expect(await detectionRows(stores.detections)).toHaveLength(47);
  });
});
