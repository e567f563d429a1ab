import { RestError } from '@azure/data-tables';
import { describe, expect, inject, it } from 'vitest';
import type { RequestPolicy } from '../../src/azure/clients.ts';
import { replayed } from '../../src/export_state.ts';
import { FORMATS } from '../../src/formats.ts';
import { Ingest } from '../../src/ingest.ts';
import type { Clock, ExportRef, ExportState, Stores } from '../../src/ports.ts';
import { sweep } from '../../src/sweep.ts';
import { response } from '../azure/policies.ts';
import { freshAccount } from '../azurite.ts';
import { REFUSED_DEVICE } from './author.ts';
import { type Gate, gated, InjectedFault, type Outcome, perform } from './gate.ts';
import { azureGround, type Ground, memoryGround } from './grounds.ts';
import { Random } from './random.ts';
import { rowsOf } from './verify.ts';
import { DAY_MS, HOUR_MS, lines, MINUTE_MS, report } from './world.ts';

const START = Date.UTC(2026, 10, 20, 10);
const A: ExportRef = { container: 'exports', name: 'a' };
const B: ExportRef = { container: 'exports', name: 'b' };
const SETTINGS = { retentionDays: 8, historyDays: 90 };

/** What happens to the exports, one after the other; between two of these they are swept, and read to their ends. */
const HAPPENINGS: readonly ((ground: Ground) => Promise<unknown>)[] = [
  // Rows of several partitions, dead letters of every kind, more than one segment.
  async (ground) => {
    const hosts = ['a', 'b', 'c', 'd'].map((name, n) => report(n, { DeviceName: name, RemoteIP: `203.0.113.${n}` }));
    const refused = report(10, { DeviceName: REFUSED_DEVICE });
    const future = report(11, { Timestamp: '2027-11-20T10:00:00Z' });
    await ground.append(A, Buffer.from(lines(...hosts, '}', refused, future, '{"Aggregated":}')));
  },
  // Another export with the same report, and half a line.
  async (ground) => {
    await ground.append(B, Buffer.from(lines(report(0, { DeviceName: 'a', RemoteIP: '203.0.113.0' }), report(20))));
    await ground.append(A, Buffer.from('{"half":'));
  },
  async (ground) => await ground.append(A, Buffer.from(`1}\r\n${JSON.stringify(report(12))}`)),
  async (ground) => await ground.replace(B, Buffer.from(lines(report(21), '}'))),
  async (ground) => {
    const found = await ground.stores.exportStates.get(A);
    if (found) await ground.stores.exportStates.replace(replayed(found.row), found.version);
  },
  async (ground) => await ground.append(A, Buffer.from('\r\n{"never finished')),
  async () => {},
];
/** Days after the start at which they happen: for the last one the half line has waited long enough. */
const DAYS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 2];

interface Left {
  readonly rows: readonly string[];
  readonly letters: readonly string[];
  readonly states: readonly ExportState[];
}

interface Play {
  readonly ground: Ground;
  /** Where the clock stands is ours to say. */
  readonly setNow: (ms: number) => void;
  readonly clock: Clock;
  readonly happenings: number;
}

/** Plays what happens, with workers behind that gate; where one fails, one clean worker comes a while later. */
async function play({ ground, setNow, clock, happenings }: Play, gate: Gate): Promise<Left> {
  for (const [n, happening] of HAPPENINGS.slice(0, happenings).entries()) {
    const now = START + (DAYS[n] as number) * DAY_MS;
    setNow(now);
    await happening(ground);
    try {
      await readAll(gated(ground.stores, gate), clock);
    } catch (error) {
      if (!isExpected(error)) throw error;
    }
    setNow(now + 11 * MINUTE_MS);
    await readAll(ground.stores, clock);
  }
  const letters = await Array.fromAsync(ground.stores.deadLetters.list());
  return {
    rows: await rowsOf(ground.stores),
    letters: letters.map(({ export: { name }, offset, length, record, reason, code }) =>
      [name, offset, length, record, reason, code].join(' '),
    ),
    states: (await Array.fromAsync(ground.stores.exportStates.list('exports'))).map(({ row }) => row).sort(byName),
  };
}

function byName(a: ExportState, b: ExportState): number {
  return a.name < b.name ? -1 : 1;
}

/** A sweep, and the worker that takes its messages. */
async function readAll(stores: Stores, clock: Clock): Promise<void> {
  const found: ExportRef[] = [];
  const send = stores.queues.send;
  const queues: Stores['queues'] = {
    ...stores.queues,
    send: async (queue, message) => {
      await send.call(stores.queues, queue, message);
      found.push(message as ExportRef);
    },
  };
  await sweep({ ...stores, queues }, { ...SETTINGS, containers: ['none', 'exports'] }, clock);
  for (const ref of found) {
    const worker = `worker-${Math.random()}`;
    await new Ingest(stores, FORMATS, { ...SETTINGS, segmentBytes: 900 }, clock, () => worker).ingest(ref, HOUR_MS);
  }
}

class Death extends Error {}

function isExpected(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isExpected);
  return error instanceof InjectedFault || error instanceof Death || (error as Error).name === 'StoreError';
}

type Fault = Exclude<Outcome, 'run'> | 'die-before' | 'die-after';
const FAULTS: readonly Fault[] = ['fail-before', 'fail-after', 'refuse-after', 'die-before', 'die-after'];

/** Everything goes through but the call of that number. */
function faultAt(number: number, fault: Fault): Gate {
  let calls = 0;
  let isDead = false;
  return async (call) => {
    // The next worker is another process: the dead one's error ends the reading.
    if (isDead) throw new Death();
    if (calls++ !== number) return await call.run();
    if (fault === 'fail-before' || fault === 'fail-after' || fault === 'refuse-after')
      return await perform(call, fault);
    isDead = true;
    if (fault === 'die-after') await call.run();
    throw new Death();
  };
}

function inMemory(seed: number): Play {
  let now = START;
  const clock = (): number => now;
  const ground = memoryGround(clock, new Random(seed).next);
  return { ground, clock, setNow: (ms) => (now = ms), happenings: HAPPENINGS.length };
}

describe('a fault at any storage call of ingest and sweep, before and after it takes effect', () => {
  it('leaves, one clean worker later, the rows, dead letters and states of a clean pass', async () => {
    const ops: string[] = [];
    const counting: Gate = (call) => {
      ops.push(call.op);
      return call.run();
    };
    const clean = await play(inMemory(1), counting);
    expect(clean.rows).toHaveLength(7);
    expect(clean.letters).toHaveLength(6);
    expect(clean.states).toMatchObject([
      { name: 'a', generation: 0, claimedAt: null, failures: 0 },
      { name: 'b', generation: 1, claimedAt: null, failures: 0 },
    ]);
    // What a fault may hit: where ingest or the sweep comes to call more, it is met without anyone thinking of it.
    expect([...new Set(ops)].sort()).toMatchInlineSnapshot();
    for (const [number, op] of ops.entries()) {
      for (const fault of FAULTS) {
        if (fault === 'refuse-after' && !/insert|replace/.test(op)) continue;
        expect(await play(inMemory(1), faultAt(number, fault)), `${fault} at call ${number}, ${op}`).toEqual(clean);
      }
    }
  });
});

describe('on Azurite', () => {
  const HAPPENINGS_HERE = 2;

  async function onAzurite(policy: RequestPolicy): Promise<Left> {
    let now = START;
    const clock = (): number => now;
    const options = { policy, retry: { retries: 2, delayMs: 1, maxDelayMs: 2 } };
    const ground = azureGround(await freshAccount(inject('azurite')), clock, options);
    const left = await play({ ground, clock, setNow: (ms) => (now = ms), happenings: HAPPENINGS_HERE }, (call) =>
      call.run(),
    );
    return left;
  }

  type Request = Parameters<RequestPolicy['sendRequest']>[0];
  const reset = (request: Request): RestError => new RestError('reset', { code: 'ECONNRESET', request });
  const busy = (request: Request) =>
    response(request, 503, { 'retry-after': '0', 'x-ms-error-code': 'ServerBusy' }, '');

  /** `POST Tables`, `PUT exports/a comp`: what a request is about. */
  function kindOf({ method, url }: Request): string {
    const { pathname, searchParams } = new URL(url);
    const path = pathname
      .split('/')
      .slice(2)
      .join('/')
      .replace(/\(.*\)/, '()')
      .replace(/[0-9a-f]{32}/, 'segment');
    return [method, path, searchParams.get('restype'), searchParams.get('comp')].filter(Boolean).join(' ');
  }

  const passing: RequestPolicy = { name: 'passing', sendRequest: (request, next) => next(request) };

  /** The first try of every request has that fate; the SDK tries again. */
  function firstTry(
    fate: (request: Request, next: () => Promise<unknown>) => Promise<never> | ReturnType<typeof busy>,
  ) {
    const seen = new WeakSet<object>();
    let tries = 0;
    const policy: RequestPolicy = {
      name: 'first try',
      sendRequest: async (request, next) => {
        if (seen.has(request)) return next(request);
        seen.add(request);
        tries++;
        return await fate(request, () => next(request));
      },
    };
    return { policy, tries: () => tries };
  }

  let clean: Promise<Left> | undefined;
  const cleanPass = (): Promise<Left> => (clean ??= onAzurite(passing));

  it.each([
    ['answered 503 ServerBusy', firstTry(busy)],
    [
      'reset before it arrives',
      firstTry(async (request) => {
        throw reset(request);
      }),
    ],
    [
      'reset when it has taken effect, so that its own retry is told 409 or 412',
      firstTry(async (request, next) => {
        await next();
        throw reset(request);
      }),
    ],
  ])(
    'every request, first %s, leaves the rows, dead letters and states of a clean pass',
    async (_what, { policy, tries }) => {
      expect(await onAzurite(policy)).toEqual(await cleanPass());
      expect(tries()).toBeGreaterThan(50);
    },
  );

  it('any kind of request that fails for good, before or after it takes effect, leaves them one clean worker later', async () => {
    const kinds = new Map<string, number>();
    const counting: RequestPolicy = {
      name: 'counting',
      sendRequest: (request, next) => {
        kinds.set(kindOf(request), (kinds.get(kindOf(request)) ?? 0) + 1);
        return next(request);
      },
    };
    await onAzurite(counting);
    expect(kinds.size).toBeGreaterThan(10);
    for (const [kind, count] of kinds) {
      for (const effect of [false, true]) {
        // The middle one of its kind, and its retries.
        const target = Math.floor(count / 2);
        let met = 0;
        let left = 3;
        const failing: RequestPolicy = {
          name: 'failing',
          sendRequest: async (request, next) => {
            if (kindOf(request) !== kind || met++ < target || left-- <= 0) return next(request);
            if (effect) await next(request);
            throw reset(request);
          },
        };
        expect(await onAzurite(failing), `${kind}, ${effect ? 'after' : 'before'}`).toEqual(await cleanPass());
      }
    }
  }, 120_000);
});
