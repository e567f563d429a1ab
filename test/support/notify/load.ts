import { setTimeout } from 'node:timers/promises';
import { type Counts, countedStores, total } from '../../../bench/harness/counted_stores.ts';
import { NO_TRAFFIC } from '../../../src/core/detections/traffic.ts';
import { addMs } from '../../../src/core/kql/timestamp.ts';
import { type NotifyOptions, type NotifyResult, notify } from '../../../src/notify/notify.ts';
import { outboxChangesOf } from '../../../src/notify/outbox_changes.ts';
import type { Sink } from '../../../src/notify/sink.ts';
import { sinkStates } from '../../../src/notify/sink_states.ts';
import { sha256 } from '../../../src/storage/keys.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { detection, evidence, T1 } from '../../contract/samples.ts';
import { memoryStores } from '../../fakes/stores.ts';

const SEVERITIES = ['low', 'medium', 'high'] as const;
const HOUR_MS = 3_600_000;

/** So many detections that have just opened, in all partitions, each pending for the sinks. */
export async function openMany(stores: Stores, configured: readonly Sink[], count: number): Promise<void> {
  const sinks = await sinkStates(stores, configured, addMs(T1, -HOUR_MS));
  const shared = { evidence: evidence(0), traffic: NO_TRAFFIC };
  for (let number = 0; number < count; number += 16) {
    const some = Array.from({ length: Math.min(16, count - number) }, (_, n) => number + n);
    await Promise.all(
      some.map((each) => {
        const groupId = sha256(`group ${each}`).slice(0, 32);
        const severity = SEVERITIES[each % 3] ?? 'low';
        const opened = detection({ groupId, severity, average: 50 + (each % 977), ...shared });
        return stores.detections.insert(opened, outboxChangesOf(opened, {}, sinks));
      }),
    );
  }
}

/** The same stores, each of whose requests takes that long. */
function slowed(stores: Stores, delayMs: number): Stores {
  const slow = (port: object) =>
    new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        const isPaged = value.constructor.name === 'AsyncGeneratorFunction';
        return (...args: unknown[]) => {
          const call = () => Reflect.apply(value, target, args) as unknown;
          return isPaged ? slowPages(call() as AsyncIterable<unknown>) : setTimeout(delayMs).then(call);
        };
      },
    });
  async function* slowPages(pages: AsyncIterable<unknown>): AsyncGenerator<unknown> {
    await setTimeout(delayMs);
    let isFirst = true;
    for await (const page of pages) {
      if (!isFirst) await setTimeout(delayMs);
      isFirst = false;
      yield page;
    }
  }
  return Object.fromEntries(Object.entries(stores).map(([name, port]) => [name, slow(port)])) as unknown as Stores;
}

export interface LoadOptions extends NotifyOptions {
  readonly batches?: number;
  readonly requestMs?: number;
  readonly answerMs?: number;
}

export interface Load {
  readonly results: readonly NotifyResult[];
  readonly sent: number;
  /** Requests for each detection whose notification was sent. */
  readonly requests: number;
  readonly firstMessageMs: number;
  /** Requests before the first message. */
  readonly before: number;
  /** Notifications in a second, while batches ran. */
  readonly perSecond: number;
  readonly messages: number;
}

/** Sends what is pending, a batch after the other, with a delay for each request to storage and each message. */
export async function load(
  count: number,
  digests: Sink['digests'],
  { batches = Number.POSITIVE_INFINITY, requestMs = 0, answerMs = 0, ...options }: LoadOptions = {},
): Promise<Load> {
  const stores = memoryStores();
  const counts: Counts = new Map();
  let [messages, firstMessageMs, started, before] = [0, 0, 0, 0];
  const sink: Sink = {
    name: 'soc',
    fingerprint: 'aa',
    digests,
    async send() {
      if (messages++ === 0) [firstMessageMs, before] = [performance.now() - started, total(counts)];
      await setTimeout(answerMs);
      return { kind: 'sent', answer: '200' };
    },
  };
  await openMany(stores, [sink], count);
  const counted = countedStores(requestMs > 0 ? slowed(stores, requestMs) : stores, counts);
  const results: NotifyResult[] = [];
  let [sent, busyMs, pausedMs] = [0, 0, 0];
  started = performance.now();
  // What the queue would wait for takes no time here.
  const clock = () => Date.now() + pausedMs;
  while (sent < count && results.length < batches) {
    const began = performance.now();
    const result = await notify(counted, sink, clock, options);
    busyMs += performance.now() - began;
    pausedMs += result.againInMs ?? 0;
    sent += result.sent;
    results.push(result);
    if (result.sent === 0) throw new Error('a batch without a message');
  }
  return {
    results,
    sent,
    requests: total(counts) / sent,
    firstMessageMs,
    before,
    perSecond: (sent / busyMs) * 1000,
    messages,
  };
}
