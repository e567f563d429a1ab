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
  /** Tells when the workers are at work that faults may befall. */
  readonly atWork?: (isAtWork: boolean) => void;
}

/** Plays what happens, with workers behind that gate; where one fails, one clean worker comes a while later. */
async function play({ ground, setNow, clock, happenings, atWork }: Play, gate: Gate): Promise<Left> {
  for (const [n, happening] of HAPPENINGS.slice(0, happenings).entries()) {
    const now = START + (DAYS[n] as number) * DAY_MS;
    setNow(now);
    await happening(ground);
    atWork?.(true);
    try {
      await readAll(gated(ground.stores, gate), clock);
      atWork?.(false);
    } catch (error) {
      if (!isExpected(error)) throw error;
      atWork?.(false);
      setNow(now + 11 * MINUTE_MS);
      await readAll(ground.stores, clock);
    }
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

/** To die before a call is to die after the one before it. */
type Fault = Exclude<Outcome, 'run'> | 'die-after';
const FAULTS: readonly Fault[] = ['fail-before', 'fail-after', 'refuse-after', 'die-after'];

/** Everything goes through but the call of that number. */
function faultAt(number: number, fault: Fault): Gate {
  let calls = 0;
  let isDead = false;
  return async (call) => {
    if (isDead) throw new Death();
    if (calls++ !== number) return await call.run();
    if (fault === 'fail-before' || fault === 'fail-after' || fault === 'refuse-after')
      return await perform(call, fault);
    isDead = true;
    if (fault === 'die-after') await call.run();
    throw new Death();
  };
}

function inMemory(): Play {
  let now = START;
  const clock = (): number => now;
  const ground = memoryGround(clock);
  return { ground, clock, setNow: (ms) => (now = ms), happenings: HAPPENINGS.length };
}

describe('a fault at any storage call of ingest and sweep, before and after it takes effect', {
  timeout: 120_000,
}, () => {
  it('leaves, one clean worker later, the rows, dead letters and states of a clean pass', async () => {
    const ops: string[] = [];
    const counting: Gate = (call) => {
      ops.push(call.op);
      return call.run();
    };
    const clean = await play(inMemory(), counting);
    expect(clean.rows).toHaveLength(7);
    expect(clean.letters).toHaveLength(6);
    expect(clean.states).toMatchObject([
      { name: 'a', generation: 0, claimedAt: null, failures: 0 },
      { name: 'b', generation: 1, claimedAt: null, failures: 0 },
    ]);
    // What a fault may hit: where ingest or the sweep comes to call more, it is met without anyone thinking of it.
    expect([...new Set(ops)].sort()).toMatchInlineSnapshot(`
      [
        "deadLetters.add",
        "deadLetters.close",
        "exportStates.get",
        "exportStates.insert",
        "exportStates.list",
        "exportStates.replace",
        "exports.info",
        "exports.list",
        "exports.list next",
        "exports.read",
        "hourlyCounts.merge",
        "queues.send",
      ]
    `);
    for (const [number, op] of ops.entries()) {
      for (const fault of FAULTS) {
        if (fault === 'refuse-after' && !/insert|replace/.test(op)) continue;
        expect(await play(inMemory(), faultAt(number, fault)), `${fault} at call ${number}, ${op}`).toEqual(clean);
      }
    }
  });
});

type Request = Parameters<RequestPolicy['sendRequest']>[0];
type Next = Parameters<RequestPolicy['sendRequest']>[1];
type Answer = ReturnType<Next>;

describe('a fault at requests to Azurite', { timeout: 120_000 }, () => {
  /** Plays the beginning, with a policy in front of the service while the workers are at work. */
  async function onAzurite(sendRequest: (request: Request, next: Next) => Answer): Promise<Left> {
    let now = START;
    let isAtWork = false;
    const clock = (): number => now;
    const policy: RequestPolicy = {
      name: 'faults',
      sendRequest: (request, next) => (isAtWork ? sendRequest(request, next) : next(request)),
    };
    const options = { policy, retry: { retries: RETRIES, delayMs: 1, maxDelayMs: 2 } };
    const ground = azureGround(await freshAccount(inject('azurite')), clock, options);
    const setNow = (ms: number): void => {
      now = ms;
    };
    const atWork = (is: boolean): void => {
      isAtWork = is;
    };
    return await play({ ground, clock, setNow, atWork, happenings: 2 }, (call) => call.run());
  }
  const RETRIES = 2;

  let clean: Promise<Left> | undefined;
  const cleanPass = (): Promise<Left> => {
    clean ??= onAzurite((request, next) => next(request));
    return clean;
  };

  const busy = async (request: Request): Answer =>
    response(request, 503, { 'retry-after': '0', 'x-ms-error-code': 'ServerBusy' }, '');
  const resetBefore = async (request: Request): Answer => {
    throw new RestError('reset', { code: 'ECONNRESET', request });
  };
  const resetAfter = async (request: Request, next: Next): Answer => {
    const answer = await next(request);
    (answer.readableStreamBody as { destroy?: () => void } | undefined)?.destroy?.();
    return resetBefore(request);
  };

  it.each([
    ['answered 503 ServerBusy', busy],
    ['reset before it arrives', resetBefore],
    ['reset when it has taken effect, so that its own retry is told 409 or 412', resetAfter],
  ])(
    'every one of which is first %s, leaves the rows, dead letters and states of a clean pass',
    async (_what, fault) => {
      const seen = new Set<string>();
      const left = await onAzurite((request, next) => {
        if (seen.has(request.requestId)) return next(request);
        seen.add(request.requestId);
        return fault(request, next);
      });
      expect(left).toEqual(await cleanPass());
      expect(seen.size).toBeGreaterThan(40);
    },
  );

  it('of any kind, for good, before or after it takes effect, leaves them one clean worker later', async () => {
    const kinds = new Map<string, number>();
    await onAzurite((request, next) => {
      kinds.set(kindOf(request), (kinds.get(kindOf(request)) ?? 0) + 1);
      return next(request);
    });
    expect([...kinds.keys()].sort()).toMatchInlineSnapshot(`
      [
        "DELETE dead-letters/segment.jsonl",
        "GET Exports()",
        "GET exports container list",
        "GET exports/a",
        "GET exports/b",
        "GET none container list",
        "HEAD exports/a",
        "HEAD exports/b",
        "POST $batch",
        "POST Exports",
        "POST Tables",
        "POST ingest/messages",
        "PUT Exports()",
        "PUT dead-letters container",
        "PUT dead-letters/segment.jsonl",
        "PUT ingest",
      ]
    `);
    for (const [kind, count] of kinds) {
      for (const fault of [resetBefore, resetAfter]) {
        // One in the middle of its kind, and its retries.
        let before = Math.floor(count / 2);
        let failing: string | undefined;
        const left = await onAzurite((request, next) => {
          if (failing === undefined && kindOf(request) === kind && before-- === 0) failing = request.requestId;
          return request.requestId === failing ? fault(request, next) : next(request);
        });
        expect(left, `${kind}, ${fault.name}`).toEqual(await cleanPass());
      }
    }
  });
});

/** `PUT exports/a comp`: what a request is about. */
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
