import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { replayed } from '../../../src/ingest/export_state.ts';
import { Ingest } from '../../../src/ingest/ingest.ts';
import { sweep } from '../../../src/ingest/sweep.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { ConflictError } from '../../../src/storage/optimistic.ts';
import type { Clock } from '../../../src/storage/ports/clock.ts';
import type { ExportState } from '../../../src/storage/ports/export_states.ts';
import type { ExportRef } from '../../../src/storage/ports/exports.ts';
import { StoreError } from '../../../src/storage/ports/store_error.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { REFUSED_DEVICE } from './author.ts';
import { type Gate, gated } from './gate.ts';
import type { Ground } from './grounds.ts';
import { type RawEvent, rawEvents } from './raw_events.ts';
import { checkAnnounced, rowsOf } from './verify.ts';
import { lines, report } from './world.ts';

export const START = Date.UTC(2026, 10, 20, 10);
const A: ExportRef = { container: 'exports', name: 'a' };
const B: ExportRef = { container: 'exports', name: 'b' };
/** Of raw events. */
const C: ExportRef = { container: 'exports', name: 'c' };
const FORMATS = [...formatsOf(['defender']), rawEvents];
const SETTINGS = { retentionDays: 8, historyDays: 90 };

/** What happens to the exports, one after the other; between two of these they are swept, and read to their ends. */
const HAPPENINGS: readonly ((ground: Ground) => Promise<unknown>)[] = [
  // Rows of several partitions, dead letters of every kind, more than one segment. Of raw events a line twice, two hours,
  // and a row that is refused.
  async (ground) => {
    const hosts = ['a', 'b', 'c', 'd'].map((name, n) => report(n, { DeviceName: name, RemoteIP: `203.0.113.${n}` }));
    const refused = report(10, { DeviceName: REFUSED_DEVICE });
    const future = report(11, { Timestamp: '2027-11-20T10:00:00Z' });
    await ground.append(A, Buffer.from(lines(...hosts, '}', refused, future, '{"Aggregated":}')));
    const [first, ...others] = [event(0), event(1), event(70), event(71)] as const;
    const [third, fourth] = [3, 4].map((minutes) => event(minutes, { device: REFUSED_DEVICE })) as [object, object];
    await ground.append(C, Buffer.from(lines(first, first, third, ...others, fourth)));
  },
  // Another export with the same report, and half a line.
  async (ground) => {
    await ground.append(B, Buffer.from(lines(report(0, { DeviceName: 'a', RemoteIP: '203.0.113.0' }), report(20))));
    await ground.append(A, Buffer.from('{"half":'));
  },
  async (ground) => {
    await ground.append(A, Buffer.from(`1}\r\n${JSON.stringify(report(12))}`));
    await ground.append(C, Buffer.from(lines(event(2), event(72))));
  },
  // One begins anew, the other is refused.
  async (ground) => {
    await ground.replace(B, Buffer.from(lines(report(21), '}')));
    await ground.replace(C, Buffer.from(lines(event(5), '}')));
  },
  async (ground) => {
    const found = await ground.stores.exportStates.get(A);
    if (found) await ground.stores.exportStates.replace(replayed(found.row), found.version);
  },
  async (ground) => await ground.append(A, Buffer.from('\r\n{"never finished')),
  async () => {},
];
/** Days after the start at which they happen: for the last one the half line has waited long enough. */
const DAYS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 2];

export interface Left {
  readonly rows: readonly string[];
  readonly letters: readonly string[];
  readonly states: readonly ExportState[];
}

export interface Play {
  readonly ground: Ground;
  /** Where the clock stands is ours to say. */
  readonly setNow: (ms: number) => void;
  readonly clock: Clock;
  readonly happenings: number;
  /** Tells when the workers are at work that faults may befall. */
  readonly atWork?: (isAtWork: boolean) => void;
}

/** Plays what happens, with workers behind that gate; where one fails, one clean worker comes a while later. */
export async function play({ ground, setNow, clock, happenings, atWork }: Play, gate: Gate): Promise<Left> {
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
  await checkAnnounced(ground.stores);
  const letters = await Array.fromAsync(ground.stores.deadLetters.list());
  return {
    rows: await rowsOf(ground.stores),
    letters: letters.map(({ export: { name }, offset, length, record, reason, code }) =>
      [name, offset, length, record, reason, code].join(' '),
    ),
    states: (await Array.fromAsync(ground.stores.exportStates.list('exports'))).map(({ row }) => row).sort(byName),
  };
}

/** So many minutes after the start. */
function event(minutes: number, changes: Partial<RawEvent> = {}): object {
  const time = new Date(START + minutes * MINUTE_MS).toISOString();
  const event = { source: 'sysmon', device: 'a', process: 'updater.exe', ip: '203.0.113.0', time } as const;
  return { RawEvent: { ...event, ...changes } satisfies RawEvent };
}

function byName(a: ExportState, b: ExportState): number {
  return a.name < b.name ? -1 : 1;
}

/** A sweep, and the worker that takes its messages. */
async function readAll(stores: Stores, clock: Clock): Promise<void> {
  const found: ExportRef[] = [];
  const send = stores.queues.send;
  const { waiting } = stores.queues;
  const queues: Stores['queues'] = {
    ...stores.queues,
    // All of them have been taken.
    waiting: async (queue) => {
      await waiting.call(stores.queues, queue);
      return 0;
    },
    send: async (queue, message) => {
      await send.call(stores.queues, queue, message);
      found.push(message as ExportRef);
    },
  };
  await sweep({ ...stores, queues }, { ...SETTINGS, containers: ['none', 'exports'] }, clock);
  for (const ref of found) {
    const worker = `worker-${Math.random()}`;
    const settings = { ...SETTINGS, segmentBytes: 1_500, blockBytes: 400 };
    await redelivered(() => new Ingest(stores, FORMATS, settings, clock, () => worker).ingest(ref, HOUR_MS));
  }
}

/** The queue delivers a message again whose worker met too many conflicts: each try goes on where the last one ended. */
async function redelivered<T>(work: () => Promise<T>): Promise<T> {
  for (let deliveries = 1; ; deliveries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ConflictError) || deliveries === 20) throw error;
    }
  }
}

/** Nothing of a dead worker arrives. */
export class Death extends Error {}

function isExpected(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isExpected);
  return error instanceof StoreError || error instanceof Death;
}
