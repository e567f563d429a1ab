import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import type { Detection } from '../../../src/core/detections/detection.ts';
import { addMs, msOf, type Timestamp } from '../../../src/core/kql/timestamp.ts';
import { type NotifyResult, notify } from '../../../src/notify/notify.ts';
import type { Sink, SinkAnswer } from '../../../src/notify/sink.ts';
import { knownSinks, sinkStates } from '../../../src/notify/sink_states.ts';
import { openSink } from '../../../src/notify/sinks/open.ts';
import type { SinkRequest } from '../../../src/notify/sinks/request.ts';
import { send } from '../../../src/notify/sinks/send.ts';
import type { SinkState } from '../../../src/storage/ports/sink_states.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { all, detection, groupId, delivery as sampleDelivery, T1 } from '../../contract/samples.ts';
import { memoryStores } from '../../fakes/stores.ts';
import { storesWith } from '../../fakes/stores_with.ts';
import type { DetectionChanges } from '../../support/detections.ts';
import { CONTEXT } from '../../support/sinks/samples.ts';
import { putState, stateOf } from '../../support/sinks/states.ts';
import { deliveryOf, type KnownDelivery, writeDetection } from '../../support/sinks/write_detection.ts';
import { detectionRows } from '../../support/storage/detection_rows.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const SECRET_BYTES = 'seeded signing secret, 24+ bytes';
const SECRET = `whsec_${Buffer.from(SECRET_BYTES).toString('base64')}`;
const ID = groupId(1);
const START = msOf(T1) + 45 * MINUTE_MS;
const T_EARLIER = addMs(T1, -HOUR_MS);
const T_LATER = addMs(T1, HOUR_MS);

// ── What the tests stand on ───────────────────────────────────────────────────────────────────────────────────────

let stores: Stores;
let now: number;
/** The sinks that are in the settings. */
let met: readonly Sink[];
const clock = () => now;

beforeEach(() => {
  stores = memoryStores();
  now = START;
  met = [];
});

/** How a receiver behaves: a status to answer with, or what it does to the connection. */
type Behaviour = number | 'reset' | 'hang';

interface Received {
  readonly id: string;
  readonly signature: string;
  readonly at: string;
  readonly body: string;
}

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  server = undefined;
});

/** A real receiver behind a real sink. */
async function startReceiver(behaviour: Behaviour = 200) {
  const received: Received[] = [];
  const listener = createServer(async (request, response) => {
    const body = await text(request);
    const header = (name: string) => String(request.headers[name]);
    const [id, at, signature] = [header('webhook-id'), header('webhook-timestamp'), header('webhook-signature')];
    received.push({ id, at, signature, body });
    const { behaviour } = receiver;
    if (behaviour === 'reset') request.socket.resetAndDestroy();
    else if (behaviour !== 'hang') response.writeHead(behaviour, { location: `${receiver.url}&followed` }).end();
  });
  server = listener;
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/hook?sig=seeded-url-secret`;
  const post = (request: SinkRequest) => send(request, receiver.behaviour === 'hang' ? 50 : 5000);
  const sink = openSink({ name: 'soar', format: 'json', url, secret: SECRET }, CONTEXT, post);
  const receiver = { url, port, received, behaviour, sink };
  return receiver;
}

/** A sink without a wire, which answers with that. */
function sinkOf(
  tell: SinkAnswer | ((detection: Detection) => Promise<SinkAnswer>),
  changes: Partial<Sink> = {},
): Sink & { readonly sent: Detection[] } {
  const sent: Detection[] = [];
  return {
    name: 'soar',
    fingerprint: 'aa',
    digests: null,
    sent,
    async send({ detections }) {
      const [detection] = detections as [Detection];
      sent.push(detection);
      return typeof tell === 'function' ? await tell(detection) : tell;
    },
    ...changes,
  };
}

const SENT: SinkAnswer = { kind: 'sent', answer: '200' };
const BUSY: SinkAnswer = { kind: 'transient', answer: '503' };

/** Writes the detection, as the scorer does: a new row, or its columns of the row that there is. */
async function scored(changes: DetectionChanges = {}): Promise<void> {
  await writeDetection(stores, detection(changes));
}

/** A sink that has been there for an hour, and a detection that has just opened. */
async function addPending(sink: Sink, changes: DetectionChanges = {}): Promise<void> {
  met = [...met.filter(({ name }) => name !== sink.name), sink];
  await sinkStates(stores, met, T_EARLIER);
  await scored(changes);
}

const delivered = (sink = 'soar', id = ID): Promise<KnownDelivery | undefined> => deliveryOf(stores, id, sink);

/** Tells with the longest pauses, and gives how the one detection ended. */
const tell = async (sink: Sink, from = stores) => endOf(await notify(from, sink, clock, { random: () => 0.999999 }));

/** Of a batch with one detection. */
function endOf({ againInMs: _, messages: _messages, ...counts }: NotifyResult): string {
  const [end = 'not-pending', ...others] = Object.entries(counts).flatMap(([name, count]) => (count > 0 ? [name] : []));
  if (others.length > 0) throw new Error(`${end}, and ${others.join()}`);
  return end;
}

function thrown(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    (value) => {
      throw new Error(`did not throw, gave ${value}`);
    },
    (error: Error) => error,
  );
}

/** A promise that the test settles. */
function gate<T>() {
  return Promise.withResolvers<T>();
}

/** Written from the Standard Webhooks specification, without the library. */
function signatureOf({ id, at, body }: Received): string {
  return `v1,${createHmac('sha256', SECRET_BYTES).update(`${id}.${at}.${body}`).digest('base64')}`;
}

// ── The tests ─────────────────────────────────────────────────────────────────────────────────────────────────────

describe('notify() to a receiver', () => {
  it.each([200, 202, 204])('that answers %i is sent, once, signed', async (status) => {
    const receiver = await startReceiver(status);
    await addPending(receiver.sink);
    expect(await tell(receiver.sink)).toBe('sent');
    expect(await delivered()).toEqual({
      episode: T1,
      revision: 1,
      status: 'sent',
      severity: 'high',
      attempts: 1,
      firstAt: START,
      at: START,
      answer: String(status),
    });
    expect(await tell(receiver.sink)).toBe('not-pending');
    expect(receiver.received).toHaveLength(1);
    const [received] = receiver.received as [Received];
    expect(received.signature).toBe(signatureOf(received));
    expect(received.at).toBe(String(START / 1000));
    expect(received.id).toBe(`${ID}|${T1}|1`);
    expect(JSON.parse(received.body)).toMatchObject({ data: { id: ID, RemoteIP: '203.0.113.77' } });
  });

  it.each([301, 302, 307, 308, 400, 401, 403, 404])('that answers %i has failed at once, for good', async (status) => {
    const receiver = await startReceiver(status);
    await addPending(receiver.sink);
    expect(await tell(receiver.sink)).toBe('failed');
    expect(await delivered()).toMatchObject({ status: 'failed', attempts: 1, answer: String(status) });
    now += HOUR_MS;
    expect(await tell(receiver.sink)).toBe('not-pending');
    // Nor did it follow a redirect.
    expect(receiver.received).toHaveLength(1);
    expect((await stateOf(stores, 'soar'))?.disabledAt).toBeNull();
  });

  it.each<[Behaviour, RegExp]>([
    ...[408, 425, 429, 500, 502, 503, 504].map((status): [number, RegExp] => [status, RegExp(`^${status}$`)]),
    ['reset', /^(ECONNRESET|UND_ERR_SOCKET)$/],
    ['hang', /^timeout$/],
  ])('that answers %s is tried again, under the same id, until it takes it', async (behaviour, answer) => {
    const receiver = await startReceiver(behaviour);
    await addPending(receiver.sink);
    for (const attempts of [1, 2]) {
      expect(await tell(receiver.sink)).toBe('waiting');
      const delivery = await delivered();
      expect(delivery).toMatchObject({ status: 'pending', attempts, firstAt: START, leasedAt: 0 });
      expect(delivery?.answer).toMatch(answer);
      now += MINUTE_MS;
    }
    receiver.behaviour = 200;
    expect(await tell(receiver.sink)).toBe('sent');
    expect(await delivered()).toMatchObject({ status: 'sent', attempts: 3, firstAt: START, answer: '200' });
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
    expect(receiver.received).toHaveLength(3);
  });

  it('that is not there is tried again', async () => {
    const receiver = await startReceiver();
    await new Promise((resolve) => server?.close(resolve));
    await addPending(receiver.sink);
    expect(await tell(receiver.sink)).toBe('waiting');
    expect(await delivered()).toMatchObject({ status: 'pending', attempts: 1, answer: 'ECONNREFUSED' });
  });
});

describe('notify() to a sink that is busy', () => {
  it('keeps what it answered', async () => {
    const sink = sinkOf(BUSY);
    await addPending(sink);
    expect(await tell(sink)).toBe('waiting');
    expect(await delivered()).toMatchObject({ status: 'pending', answer: '503' });
  });

  it('is given up as failed 24 h after the first try, and then left alone', async () => {
    const sink = sinkOf(BUSY);
    await addPending(sink);
    expect(await tell(sink)).toBe('waiting');
    now = START + DAY_MS - 1;
    expect(await tell(sink)).toBe('waiting');
    expect(await delivered()).toMatchObject({ status: 'pending', attempts: 2, firstAt: START });
    // The sink itself is left alone for less than a minute and a half.
    now = START + DAY_MS + MINUTE_MS;
    expect(await tell(sink)).toBe('failed');
    expect(await delivered()).toMatchObject({ status: 'failed', attempts: 3, firstAt: START, at: now, answer: '503' });
    expect(await tell(sink)).toBe('not-pending');
    expect(sink.sent).toHaveLength(3);
  });

  it('is taken even a day late, if it takes it then', async () => {
    let answer: SinkAnswer = BUSY;
    const sink = sinkOf(async () => answer);
    await addPending(sink);
    expect(await tell(sink)).toBe('waiting');
    now = START + 2 * DAY_MS;
    answer = SENT;
    expect(await tell(sink)).toBe('sent');
  });

  it('goes by the time of the answer, not of the try', async () => {
    const sink = sinkOf(async () => {
      now += DAY_MS;
      return BUSY;
    });
    await addPending(sink);
    expect(await tell(sink)).toBe('failed');
    expect(await delivered()).toMatchObject({ firstAt: START, at: START + DAY_MS });
  });

  it('has a day, and a count, for each change', async () => {
    const sink = sinkOf(BUSY);
    await addPending(sink);
    expect(await tell(sink)).toBe('waiting');
    now += DAY_MS;
    await scored({ revision: 2 });
    expect(await tell(sink)).toBe('waiting');
    expect(await delivered()).toMatchObject({ revision: 2, status: 'pending', attempts: 1, firstAt: now });
  });
});

describe('notify() to a sink that is gone (410)', () => {
  it('disables it: nothing more is sent, of this or any other detection', async () => {
    const receiver = await startReceiver(410);
    await addPending(receiver.sink);
    await scored({ groupId: groupId(2) });
    expect(await tell(receiver.sink)).toBe('waiting');
    expect(await delivered()).toMatchObject({ status: 'pending', answer: '410' });
    const { fingerprint: settings } = receiver.sink;
    const disabled = {
      name: 'soar',
      since: T_EARLIER,
      disabledAt: START,
      settings,
      minSeverity: 'medium',
      failures: 0,
      notBefore: 0,
    };
    expect(await stateOf(stores, 'soar')).toEqual(disabled);
    receiver.behaviour = 200;
    now += HOUR_MS;
    expect(await tell(receiver.sink)).toBe('not-pending');
    expect(receiver.received).toHaveLength(1);
    // Nor does the next run wake it.
    expect(await sinkStates(stores, [receiver.sink], T1)).toEqual([{ ...disabled, waitMs: 0 }]);
    expect(await stateOf(stores, 'soar')).toEqual(disabled);
  });

  it('leaves other sinks alone', async () => {
    const [gone, other] = [sinkOf({ kind: 'gone', answer: '410' }), sinkOf(SENT, { name: 'chat' })];
    await addPending(gone);
    await addPending(other);
    expect(await tell(gone)).toBe('waiting');
    expect(await tell(other)).toBe('sent');
    expect(await delivered('soar')).toMatchObject({ status: 'pending' });
    expect(await delivered('chat')).toMatchObject({ status: 'sent' });
  });

  it('wakes when its settings change, and receives all that opened since it was added, also of what it was gone for', async () => {
    const gone = sinkOf({ kind: 'gone', answer: '410' });
    await addPending(gone);
    await scored({ groupId: groupId(2) });
    await tell(gone);
    const moved = sinkOf(SENT, { fingerprint: 'bb' });
    const woken = {
      name: 'soar',
      since: T_EARLIER,
      disabledAt: null,
      settings: 'bb',
      failures: 0,
      notBefore: 0,
    };
    expect(await sinkStates(stores, [moved], T_LATER)).toEqual([{ ...woken, waitMs: 0 }]);
    expect(await stateOf(stores, 'soar')).toEqual(woken);
    expect(await tell(moved)).toBe('sent');
    expect(moved.sent.map(({ groupId }) => groupId).sort()).toEqual([groupId(1), groupId(2)]);
  });
});

describe('sinkStates(stores, sinks, asOf)', () => {
  it('has a state for each sink: since the first run that met it', async () => {
    const [soar, chat] = [sinkOf(SENT), sinkOf(SENT, { name: 'chat', fingerprint: 'cc' })];
    const quiet = { disabledAt: null, failures: 0, notBefore: 0, waitMs: 0 };
    const first = { name: 'soar', since: T1, settings: 'aa', ...quiet };
    expect(await sinkStates(stores, [soar], T1)).toEqual([first]);
    const second = { name: 'chat', since: T_LATER, settings: 'cc', ...quiet };
    expect(await sinkStates(stores, [soar, chat], T_LATER)).toEqual([first, second]);
    expect(await sinkStates(stores, [chat], addMs(T_LATER, HOUR_MS))).toEqual([second]);
    expect(await stateOf(stores, 'soar')).toMatchObject({ since: T1, settings: 'aa' });
    expect(await sinkStates(stores, [], T1)).toEqual([]);
  });

  it('keeps since when when the settings of a sink change', async () => {
    await sinkStates(stores, [sinkOf(SENT)], T1);
    const [state] = await sinkStates(stores, [sinkOf(SENT, { fingerprint: 'bb' })], T_LATER);
    expect(state).toMatchObject({ since: T1, settings: 'bb' });
  });
});

describe('a sink that was taken out of the settings', () => {
  const hours = (count: number) => addMs(T1, count * HOUR_MS);
  const opened = (number: number, hour: number, sinks: readonly string[]) =>
    writeDetection(stores, detection({ groupId: groupId(number), episode: hours(hour), asOf: hours(hour) }), sinks);

  it('and comes back receives what is still active of all that opened since it was added', async () => {
    const soar = sinkOf(SENT);
    await sinkStates(stores, [soar], T1);
    await opened(1, 0, ['soar']);
    await sinkStates(stores, [], hours(1));
    await opened(2, 1, []);
    await opened(3, 2, []);
    expect(await sinkStates(stores, [soar], hours(1000))).toMatchObject([{ since: T1 }]);
    // As the run that has it in its settings again: what is resolved by then is not sent.
    const two = await stores.detections.get(groupId(2));
    await writeDetection(stores, { ...(two?.row.detection as Detection), state: 'resolved' });
    await writeDetection(stores, detection({ groupId: groupId(3), episode: hours(2), asOf: hours(1000) }));
    expect(await tell(soar)).toBe('sent');
    expect(soar.sent.map(({ groupId }) => groupId).sort()).toEqual([groupId(1), groupId(3)]);
  });

  it('has nothing that was resolved meanwhile', async () => {
    const soar = sinkOf(SENT);
    await sinkStates(stores, [soar], T1);
    await opened(1, 0, ['soar']);
    const one = (await stores.detections.get(groupId(1)))?.row.detection as Detection;
    await writeDetection(stores, { ...one, state: 'resolved', asOf: hours(80) }, []);
    expect(await delivered('soar', groupId(1))).toMatchObject({ status: 'withdrawn' });
    expect(await tell(soar)).toBe('not-pending');
  });

  it('and comes back with other settings wakes, and keeps since when', async () => {
    const soar = sinkOf(SENT);
    await sinkStates(stores, [soar], T1);
    const failing = { failures: 9, notBefore: START + 1000 * DAY_MS, disabledAt: START };
    await putState(stores, { ...((await stateOf(stores, 'soar')) as SinkState), ...failing });
    expect(await sinkStates(stores, [soar], hours(2))).toMatchObject([{ since: T1, ...failing }]);
    const [other] = await sinkStates(stores, [sinkOf(SENT, { fingerprint: 'bb' })], hours(4));
    expect(other).toMatchObject({ since: T1, disabledAt: null, failures: 0, notBefore: 0 });
  });

  it('is known to whoever has other settings', async () => {
    await sinkStates(stores, [sinkOf(SENT)], T1);
    await sinkStates(stores, [sinkOf(SENT, { name: 'chat' })], hours(1));
    expect(await knownSinks(stores)).toMatchObject([{ name: 'chat', waitMs: MINUTE_MS }, { name: 'soar' }]);
  });

  it('by one of two versions that run side by side loses nothing', async () => {
    const [soar, chat] = [sinkOf(SENT), sinkOf(SENT, { name: 'chat' })];
    await sinkStates(stores, [chat], T1);
    for (const sinks of [[soar, chat], [chat], [soar, chat], [chat], [soar, chat]]) {
      await sinkStates(stores, sinks, hours(1));
    }
    await opened(1, 1, ['chat']);
    await sinkStates(stores, [soar, chat], hours(2));
    await writeDetection(stores, detection({ groupId: groupId(1), episode: hours(1), asOf: hours(2) }));
    expect([await tell(soar), await tell(chat)]).toEqual(['sent', 'sent']);
  });
});

describe('notify() of what is not pending', () => {
  it.each<[string, DetectionChanges]>([
    ['resolved', { state: 'resolved' }],
    ['suppressed', { suppressedBy: 'ours' }],
    ['older than the sink', { episode: addMs(T_EARLIER, -1) }],
  ])('is not-pending where the detection is %s: nothing is sent, nothing written', async (_, changes) => {
    const sink = sinkOf(SENT);
    await addPending(sink, changes);
    const before = await stores.detections.get(ID);
    expect(await tell(sink)).toBe('not-pending');
    expect(sink.sent).toEqual([]);
    expect(await stores.detections.get(ID)).toEqual(before);
  });

  it('is not-pending for a sink that no run has met', async () => {
    const sink = sinkOf(SENT);
    await scored();
    expect(await tell(sink)).toBe('not-pending');
    expect(sink.sent).toEqual([]);
  });

  it('is not-pending for a sink that is in no settings (any more), and reaches the one that is meant', async () => {
    const [soar, chat] = [sinkOf(SENT), sinkOf(SENT, { name: 'chat' })];
    await addPending(soar);
    await addPending(chat);
    const config = readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' });
    const app = createApp(config, { stores, clock, sinks: [soar, chat] });
    expect(await app.notify({ sink: 'gone' })).toBeNull();
    expect(await app.notify({ sink: 'chat' })).toEqual({
      sent: 1,
      failed: 0,
      waiting: 0,
      leased: 0,
      againInMs: null,
      messages: [{ id: `${ID.slice(8)}|${T1}|1`, detections: 1, end: 'sent', answer: '200' }],
    });
    expect([soar.sent.length, chat.sent.length]).toEqual([0, 1]);
  });

  it('is sent of as it is at the time, not as it was when it was queued', async () => {
    const sink = sinkOf(SENT);
    await addPending(sink);
    await scored({ state: 'ongoing', asOf: T_LATER, count_of_hours: 73 });
    await tell(sink);
    const neighbours = { sameDevice: [], sameAddress: [], sameProcess: [] };
    expect(sink.sent).toEqual([{ ...detection({ state: 'ongoing', asOf: T_LATER, count_of_hours: 73 }), neighbours }]);
  });
});

describe('notify() of what goes on', () => {
  it('notifies one episode once, however often it is met, each new change and each new episode again', async () => {
    const receiver = await startReceiver();
    const { sink } = receiver;
    await addPending(sink);
    expect(await tell(sink)).toBe('sent');
    await scored({ state: 'ongoing', asOf: T_LATER });
    expect(await tell(sink)).toBe('not-pending');
    await scored({ state: 'ongoing', asOf: T_LATER, revision: 2 });
    expect(await tell(sink)).toBe('sent');
    expect(await tell(sink)).toBe('not-pending');
    await scored({ state: 'resolved', asOf: T_LATER, revision: 2 });
    expect(await tell(sink)).toBe('not-pending');
    await scored({ state: 'new', asOf: T_LATER, episode: T_LATER });
    expect(await tell(sink)).toBe('sent');
    expect(await tell(sink)).toBe('not-pending');
    expect(receiver.received.map(({ id }) => id)).toEqual([`${ID}|${T1}|1`, `${ID}|${T1}|2`, `${ID}|${T_LATER}|1`]);
  });

  it('notifies again of a new change where the one before has failed', async () => {
    const sink = sinkOf({ kind: 'permanent', answer: '404' });
    await addPending(sink);
    expect(await tell(sink)).toBe('failed');
    await scored({ revision: 2 });
    expect(await tell(sinkOf(SENT))).toBe('sent');
  });

  it('does not hold a new change back because the one before is on its way', async () => {
    const answer = gate<SinkAnswer>();
    const slow = sinkOf(() => answer.promise);
    await addPending(slow);
    const first = tell(slow);
    await expect.poll(() => slow.sent.length).toBe(1);
    await scored({ revision: 2 });
    expect(await tell(sinkOf(SENT))).toBe('sent');
    answer.resolve(SENT);
    await first;
  });

  it('notifies each sink for itself', async () => {
    const [soar, chat] = [sinkOf(SENT), sinkOf(BUSY, { name: 'chat' })];
    await addPending(soar);
    await addPending(chat);
    expect(await tell(soar)).toBe('sent');
    expect(await tell(chat)).toBe('waiting');
    expect(await delivered('soar')).toMatchObject({ status: 'sent', attempts: 1 });
    expect(await delivered('chat')).toMatchObject({ status: 'pending', attempts: 1 });
  });

  it('notifies a sink that was added later only of what opens from then on', async () => {
    await scored({ episode: T1 });
    await scored({ groupId: groupId(2), episode: T_LATER });
    await scored({ groupId: groupId(3), episode: addMs(T_LATER, -1) });
    const added = sinkOf(SENT);
    await sinkStates(stores, [added], T_LATER);
    // As the run that adds it.
    await scored({ episode: T1, asOf: T_LATER });
    await scored({ groupId: groupId(2), episode: T_LATER, asOf: T_LATER });
    await scored({ groupId: groupId(3), episode: addMs(T_LATER, -1), asOf: T_LATER });
    expect(await tell(added)).toBe('sent');
    expect(await tell(added)).toBe('not-pending');
    expect(added.sent.map(({ groupId }) => groupId)).toEqual([groupId(2)]);
  });
});

describe('notify() by several workers', () => {
  it('leases before it sends', async () => {
    let leased: KnownDelivery | undefined;
    const sink = sinkOf(async () => {
      leased = await delivered();
      return SENT;
    });
    await addPending(sink);
    await tell(sink);
    expect(leased).toMatchObject({ status: 'pending', attempts: 1, firstAt: START, leasedAt: START, answer: '' });
  });

  it('sends nothing without the lease: another worker was first', async () => {
    const sink = sinkOf(SENT);
    await addPending(sink);
    const ends = await Promise.all([tell(sink), tell(sink), tell(sink)]);
    expect(sink.sent).toHaveLength(1);
    expect(ends.sort()).toEqual(['leased', 'leased', 'sent']);
    expect(await tell(sink)).toBe('not-pending');
  });

  it('waits while a lease is younger than two minutes; then the lease has expired, and is taken over', async () => {
    const never = gate<SinkAnswer>();
    const dead = sinkOf(() => never.promise);
    await addPending(dead);
    void tell(dead);
    await expect.poll(() => dead.sent.length).toBe(1);
    const sink = sinkOf(SENT);
    now = START + 2 * MINUTE_MS - 1;
    const before = await stores.detections.get(ID);
    expect(await tell(sink)).toBe('not-pending');
    expect(sink.sent).toEqual([]);
    expect(await stores.detections.get(ID)).toEqual(before);
    now = START + 2 * MINUTE_MS;
    expect(await tell(sink)).toBe('sent');
    expect(await delivered()).toMatchObject({ status: 'sent', attempts: 2, firstAt: START, at: now });
  });

  it('is held by the lease of a later try as by that of the first', async () => {
    await addPending(sinkOf(BUSY));
    expect(await tell(sinkOf(BUSY))).toBe('waiting');
    now += HOUR_MS;
    const answer = gate<SinkAnswer>();
    const slow = sinkOf(() => answer.promise);
    const second = tell(slow);
    await expect.poll(() => slow.sent.length).toBe(1);
    now += 2 * MINUTE_MS - 1;
    expect(await tell(sinkOf(SENT))).toBe('not-pending');
    answer.resolve(SENT);
    expect(await second).toBe('sent');
  });

  it('is not held by a lease that has its answer', async () => {
    await addPending(sinkOf(BUSY));
    expect(await tell(sinkOf(BUSY))).toBe('waiting');
    now += MINUTE_MS;
    expect(await tell(sinkOf(SENT))).toBe('sent');
  });

  it('killed between sending and recording sends it once more, under the same id', async () => {
    const receiver = await startReceiver();
    await addPending(receiver.sink);
    const dying = storesWith(stores, { outbox: { settle: () => Promise.reject(new Error('killed')) } });
    expect((await thrown(tell(receiver.sink, dying))).message).toBe('killed');
    expect(await delivered()).toMatchObject({ status: 'pending', answer: '' });
    expect(await tell(receiver.sink)).toBe('not-pending');
    now += 2 * MINUTE_MS;
    expect(await tell(receiver.sink)).toBe('sent');
    expect(receiver.received).toHaveLength(2);
    expect(new Set(receiver.received.map(({ id }) => id))).toEqual(new Set([`${ID}|${T1}|1`]));
    expect(await delivered()).toMatchObject({ status: 'sent', attempts: 2, firstAt: START });
  });

  it('killed before sending, or before leasing, loses nothing', async () => {
    const killed = sinkOf(async () => {
      throw new Error('killed');
    });
    await addPending(killed);
    const unleasable = storesWith(stores, { outbox: { replace: () => Promise.reject(new Error('killed')) } });
    const sink = sinkOf(SENT);
    expect((await thrown(tell(sink, unleasable))).message).toBe('killed');
    expect(sink.sent).toEqual([]);
    expect((await thrown(tell(killed))).message).toBe('killed');
    now += 2 * MINUTE_MS;
    expect(await tell(sink)).toBe('sent');
  });

  it('keeps its mark, and what the scorer writes between lease and mark', async () => {
    const sink = sinkOf(async () => {
      await scored({ state: 'ongoing', asOf: T_LATER });
      return SENT;
    });
    await addPending(sink);
    expect(await tell(sink)).toBe('sent');
    const row = (await stores.detections.get(ID))?.row;
    expect(row?.detection).toEqual(detection({ state: 'ongoing', asOf: T_LATER }));
    expect(row?.deliveries['soar']).toMatchObject({ status: 'sent', attempts: 1, answer: '200' });
    expect(await tell(sink)).toBe('not-pending');
  });

  it('suppressed while it is sent has arrived: it is not sent again when the suppression ends', async () => {
    const sink = sinkOf(async () => {
      await scored({ suppressedBy: 's-1' });
      return SENT;
    });
    await addPending(sink);
    expect(await tell(sink)).toBe('sent');
    expect(await delivered()).toMatchObject({ status: 'sent', attempts: 1 });
    await scored({ asOf: T_LATER });
    expect(await tell(sink)).toBe('not-pending');
  });

  it('suppressed while it is rejected, or not taken, is sent when the suppression ends', async () => {
    for (const answer of [BUSY, { kind: 'permanent', answer: '404' }] as const) {
      stores = memoryStores();
      const sink = sinkOf(async () => {
        await scored({ suppressedBy: 's-1' });
        return answer;
      });
      await addPending(sink);
      await tell(sink);
      expect(await delivered()).toMatchObject({ status: 'withdrawn' });
      now += HOUR_MS;
      await scored({ asOf: T_LATER });
      expect(await tell(sinkOf(SENT))).toBe('sent');
    }
  });

  it('suppressed and not any more while it is sent is recorded once', async () => {
    const sink = sinkOf(async () => {
      await scored({ suppressedBy: 's-1' });
      await scored();
      return SENT;
    });
    await addPending(sink);
    expect(await tell(sink)).toBe('sent');
    expect(await delivered()).toMatchObject({ status: 'sent', attempts: 1 });
    expect(await tell(sink)).toBe('not-pending');
  });

  it('removes a row that its detection does not have, and sends nothing of it', async () => {
    const sink = sinkOf(SENT);
    await addPending(sink);
    const found = await stores.detections.get(ID);
    await stores.detections.mark(ID, { sink: 'soar', delivery: sampleDelivery() }, found?.version ?? '');
    await addPending(sink, { groupId: groupId(2) });
    const two = groupId(2);
    await stores.detections.remove([{ id: two, version: (await stores.detections.get(two))?.version ?? '' }]);
    expect(await tell(sink)).toBe('leased');
    expect(await tell(sink)).toBe('not-pending');
    expect(sink.sent).toEqual([]);
    expect(await delivered()).toEqual(sampleDelivery());
  });

  it('notifies a change that opens while the one before is sent', async () => {
    const sink = sinkOf(async () => {
      await scored({ revision: 2 });
      return SENT;
    });
    await addPending(sink);
    expect(await tell(sink)).toBe('sent');
    expect(await delivered()).toMatchObject({ revision: 2, status: 'pending', attempts: 0 });
    expect(await tell(sink)).toBe('sent');
    expect(sink.sent.map(({ revision: change }) => change)).toEqual([1, 2]);
  });

  it('ends as it did where the row is removed meanwhile', async () => {
    const sink = sinkOf(async ({ groupId }) => {
      const id = groupId;
      await stores.detections.remove([{ id, version: (await stores.detections.get(id))?.version ?? '' }]);
      return SENT;
    });
    await addPending(sink);
    expect(await tell(sink)).toBe('sent');
    expect(await stores.detections.get(ID)).toBeNull();
  });

  it.each<[string, SinkAnswer]>([
    ['no', { kind: 'permanent', answer: '404' }],
    ['not now', BUSY],
  ])('of which one is late with its %s does not overwrite the mark of the other', async (_, late) => {
    const answer = gate<SinkAnswer>();
    const zombie = sinkOf(() => answer.promise);
    await addPending(zombie);
    const ending = Promise.allSettled([tell(zombie)]);
    await expect.poll(() => zombie.sent.length).toBe(1);
    now += 2 * MINUTE_MS;
    expect(await tell(sinkOf(SENT))).toBe('sent');
    const marked = await delivered();
    now += MINUTE_MS;
    answer.resolve(late);
    await ending;
    expect(await delivered()).toEqual(marked);
    expect(await tell(zombie)).toBe('not-pending');
  });

  it('of which one is late does not overwrite the lease of the other', async () => {
    const [late, slow] = [gate<SinkAnswer>(), gate<SinkAnswer>()];
    const [zombie, worker] = [sinkOf(() => late.promise), sinkOf(() => slow.promise)];
    await addPending(zombie);
    const first = tell(zombie);
    await expect.poll(() => zombie.sent.length).toBe(1);
    now += 2 * MINUTE_MS;
    const second = tell(worker);
    await expect.poll(() => worker.sent.length).toBe(1);
    const claim = await delivered();
    expect(claim).toMatchObject({ status: 'pending', attempts: 2, leasedAt: now });
    late.resolve({ kind: 'permanent', answer: '404' });
    await first;
    expect(await delivered()).toEqual(claim);
    slow.resolve(SENT);
    expect(await second).toBe('sent');
    expect(await delivered()).toMatchObject({ status: 'sent', attempts: 2 });
  });

  it.each([1, 0])(
    'of which one is late with the change before does not overwrite the mark of this one (%i ms)',
    async (ms) => {
      const late = gate<SinkAnswer>();
      const zombie = sinkOf(() => late.promise);
      await addPending(zombie);
      // In the same millisecond.
      if (ms === 0) {
        expect(await tell(sinkOf(BUSY))).toBe('waiting');
        now += MINUTE_MS;
      }
      const first = tell(zombie);
      await expect.poll(() => zombie.sent.length).toBe(1);
      now += ms;
      await scored({ revision: 2 });
      expect(await tell(sinkOf(SENT))).toBe('sent');
      const marked = await delivered();
      late.resolve({ kind: 'permanent', answer: '404' });
      await first;
      expect(await delivered()).toEqual(marked);
    },
  );
});

describe('the secrets of a sink', () => {
  /** Everything that the stores hold. */
  async function kept(): Promise<string> {
    const rows = await detectionRows(stores.detections);
    return JSON.stringify([rows, await stateOf(stores, 'soar'), await all(stores.runs.since('' as Timestamp))]);
  }

  /** All of an error and what it was caused by. */
  function shownOf(error: unknown): string {
    const parts: string[] = [];
    for (let each = error; each instanceof Error; each = each.cause) parts.push(each.message, each.stack ?? '');
    return parts.join('\n') + inspect(error, { depth: null, showHidden: true }) + JSON.stringify(error);
  }

  it.each<[string, Behaviour | 'refused']>([
    ['sent', 200],
    ['redirected', 302],
    ['failed', 404],
    ['gone', 410],
    ['busy', 429],
    ['broken', 500],
    ['reset', 'reset'],
    ['timeout', 'hang'],
    ['refused', 'refused'],
  ])('are in no row, no error and no answer: %s', async (_, behaviour) => {
    const receiver = await startReceiver(behaviour === 'refused' ? 200 : behaviour);
    if (behaviour === 'refused') await new Promise((resolve) => server?.close(resolve));
    const answers: SinkAnswer[] = [];
    const sink: Sink = {
      ...receiver.sink,
      async send(detection, at) {
        const answer = await receiver.sink.send(detection, at);
        answers.push(answer);
        return answer;
      },
    };
    await addPending(sink);
    const shown: string[] = [];
    for (const wait of [0, MINUTE_MS, DAY_MS]) {
      now += wait;
      shown.push(await tell(sink).catch(shownOf), await kept(), inspect(sink, { depth: null, showHidden: true }));
    }
    expect(answers.length).toBeGreaterThan(0);
    shown.push(JSON.stringify(answers));
    // What is checked is not nothing.
    expect(shown.join()).toContain(`"${answers[0]?.answer}"`);
    const needles = [
      'seeded',
      receiver.url,
      '/hook',
      `127.0.0.1`,
      `:${receiver.port}`,
      SECRET.slice('whsec_'.length),
      'whsec_',
      Buffer.from(SECRET_BYTES).toString('hex'),
    ];
    for (const needle of needles) expect(shown.join('\n')).not.toContain(needle);
    // Nor does the receiver hear of its own address, and of the secret only the signature.
    for (const { body, id, signature } of receiver.received) {
      for (const needle of needles) expect(body + id + signature).not.toContain(needle);
    }
  });
});
