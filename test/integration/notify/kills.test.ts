import { beforeEach, describe, expect, it } from 'vitest';
import { type Detection, notificationIdOf } from '../../../src/core/detections/detection.ts';
import { addMs, msOf } from '../../../src/core/kql/timestamp.ts';
import { notify } from '../../../src/notify/notify.ts';
import type { DigestLimits, Sink, SinkAnswer } from '../../../src/notify/sink.ts';
import { sinkStates } from '../../../src/notify/sink_states.ts';
import { PARTITIONS } from '../../../src/storage/keys.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { detection, suppression, T1 } from '../../contract/samples.ts';
import { type Death, DyingStores } from '../../fakes/dying_stores.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { mulberry32 } from '../../support/random.ts';
import { at, type Group, group, hours, Tenant } from '../../support/scoring/tenant.ts';
import { writeDetection } from '../../support/sinks/write_detection.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START = msOf(T1) + 45 * MINUTE_MS;
/** All members of a digest are listed, so that the receiver knows them. */
const DIGESTS: DigestLimits = { above: 3, atMost: 1000, listed: 1000, waitMs: 0 };

/** What a sink received: the id of the message, for each notification within it. */
class Receiver {
  readonly received = new Map<string, string[]>();
  readonly sink: Sink;

  constructor(
    name: string,
    digests: DigestLimits | null,
    answer: () => SinkAnswer = () => ({ kind: 'sent', answer: '200' }),
  ) {
    this.sink = {
      name,
      fingerprint: 'aa',
      digests,
      send: async ({ id, detections, more }) => {
        if (more > 0) throw new Error('a member that is not listed');
        const taken = answer();
        if (taken.kind !== 'sent') return taken;
        for (const each of detections) {
          const notification = notificationIdOf(each);
          this.received.set(notification, [...(this.received.get(notification) ?? []), id]);
        }
        return taken;
      },
    };
  }
}

async function outboxIsEmpty(stores: Stores): Promise<boolean> {
  const ids = await Promise.all(PARTITIONS.map((partition) => Array.fromAsync(stores.outbox.ids(partition))));
  return ids.flat(2).length === 0;
}

describe('a notifier that is killed at any call, before or after it reaches storage', () => {
  let stores: MemoryStores;
  let now: number;
  const clock = () => now;
  beforeEach(() => {
    stores = memoryStores();
    now = START;
  });

  /** In two partitions: a digest takes several transactions to lease and to settle. */
  const detections = (count: number): Detection[] =>
    Array.from({ length: count }, (_, n) =>
      detection({ groupId: `${n % 2 ? '3' : 'a'}${n.toString(16).padStart(31, '0')}`, average: 1000 - n }),
    );

  async function open(receiver: Receiver, opened: readonly Detection[]): Promise<void> {
    await sinkStates(stores, [receiver.sink], addMs(T1, -HOUR_MS));
    for (const each of opened) await writeDetection(stores, each);
  }

  /** Workers that live, until nothing is left to do. */
  async function goOn({ sink }: Receiver): Promise<void> {
    for (let batch = 0; batch < 20 && !(await outboxIsEmpty(stores)); batch++) {
      now += 3 * MINUTE_MS;
      await notify(stores, sink, clock, { random: () => 0 });
    }
  }

  async function killedAt(death: Death, digests: DigestLimits | null, count: number): Promise<boolean> {
    stores = memoryStores();
    now = START;
    const receiver = new Receiver('soc', digests);
    const opened = detections(count);
    await open(receiver, opened);
    const worker = new DyingStores(stores, death);
    const end = await notify(worker.stores, receiver.sink, clock, { random: () => 0 }).catch(() => 'killed');
    await goOn(receiver);
    for (const each of opened) {
      const ids = receiver.received.get(notificationIdOf(each)) ?? [];
      expect(ids.length).toBeGreaterThan(0);
      expect(ids.length).toBeLessThanOrEqual(end === 'killed' ? 2 : 1);
      expect(new Set(ids).size).toBe(1);
      const row = (await stores.detections.get(each.groupId))?.row;
      expect(row?.deliveries['soc']).toMatchObject({ status: 'sent', answer: '200' });
    }
    expect(await outboxIsEmpty(stores)).toBe(true);
    return end === 'killed';
  }

  it.each<[string, DigestLimits | null, number]>([
    ['singles', null, 5],
    ['a digest', DIGESTS, 12],
    ['a digest of several transactions', DIGESTS, 110],
  ])('of %s loses none, and sends none twice under two ids', async (_, digests, count) => {
    let deaths = 0;
    for (const when of ['before', 'after'] as const) {
      for (let call = 1; await killedAt({ call, when }, digests, count); call += count > 100 && call > 20 ? 13 : 1)
        deaths++;
    }
    expect(deaths).toBeGreaterThan(15);
  });

  it('keeps the ids over a sink that is down, and several deaths', async () => {
    const random = mulberry32(7);
    for (let round = 0; round < 60; round++) {
      stores = memoryStores();
      now = START;
      const receiver = new Receiver('soc', round % 2 ? DIGESTS : null, () =>
        random() < 0.3 ? { kind: 'transient', answer: '503' } : { kind: 'sent', answer: '200' },
      );
      const opened = detections(4 + Math.floor(random() * 60));
      await open(receiver, opened);
      for (let deaths = 0; deaths < 4; deaths++) {
        const death = { call: 1 + Math.floor(random() * 40), when: random() < 0.5 ? 'before' : 'after' } as const;
        const workers = [death, null].map((each) => new DyingStores(stores, each));
        await Promise.allSettled(workers.map((each) => notify(each.stores, receiver.sink, clock, { random })));
        now += 10 * MINUTE_MS;
      }
      for (let batch = 0; batch < 40 && !(await outboxIsEmpty(stores)); batch++) {
        now += HOUR_MS;
        await notify(stores, receiver.sink, clock, { random });
      }
      for (const each of opened) {
        const ids = receiver.received.get(notificationIdOf(each)) ?? [];
        expect(ids.length).toBeGreaterThan(0);
        expect(new Set(ids).size).toBe(1);
      }
      expect(await outboxIsEmpty(stores)).toBe(true);
    }
  });
});

describe('scorers and notifiers at once, some of which are killed', () => {
  const GROUPS: readonly Group[] = Array.from({ length: 8 }, (_, n) => group(n, `3000000${n}`));

  /** A tenant for some hours: in each two scorers of the same run, and two notifiers for each sink. */
  async function story(seed: number) {
    const random = mulberry32(seed);
    const tenant = new Tenant();
    let now = 0;
    const clock = () => now;
    const receivers = [new Receiver('soc', null), new Receiver('chat', DIGESTS)];
    const sinks = receivers.map(({ sink }) => sink);
    const pause = async () => {
      for (let turns = Math.floor(random() * 4); turns > 0; turns--) await Promise.resolve();
    };
    let [kills, hidden] = [0, 0];
    const worker = () => {
      const dies = random() < 0.25;
      const death = { call: 1 + Math.floor(random() * 60), when: random() < 0.5 ? 'before' : 'after' } as const;
      return new DyingStores(tenant.stores, dies ? death : null, pause);
    };
    const score = async (hour: number, stores: Stores) =>
      await tenant.fresh(hour, { stores, sinks: await sinkStates(tenant.stores, sinks, at(hour)) });
    const report = async (hour: number) => {
      for (const each of GROUPS) {
        if (random() < 0.7) await tenant.reports(each, [hour - 4], random() < 0.2 ? 200 : 60);
      }
    };
    for (const hour of hours(4, 12)) {
      await report(hour);
      if (random() < 0.3) {
        const id = `s-${hour}`;
        const device = (GROUPS[Math.floor(random() * GROUPS.length)] as Group).DeviceName;
        await tenant.stores.suppressions.insert(
          suppression({ id, process: '', remote: '', device, expires: at(hour + 3) }),
        );
        hidden++;
      }
      now = msOf(at(hour + 0.75));
      const workers = Array.from({ length: 6 }, worker);
      const [first, second, ...others] = workers as [DyingStores, DyingStores, ...DyingStores[]];
      await Promise.allSettled([
        score(hour, first.stores),
        score(hour, second.stores),
        ...others.map(({ stores }, n) => notify(stores, sinks[n % 2] as Sink, clock, { random })),
      ]);
      kills += workers.filter(({ isDead }) => isDead).length;
      // The queue brings back a run that was killed.
      await score(hour, tenant.stores);
    }
    // The suppressions are over, and every lease is.
    const send = async () => {
      for (let batch = 0; batch < 10; batch++) {
        now += 10 * MINUTE_MS;
        for (const sink of sinks) await notify(tenant.stores, sink, clock, { random });
      }
    };
    for (const hour of [17, 18]) {
      await score(hour, tenant.stores);
      await send();
    }
    return { tenant, receivers, kills, hidden };
  }

  it.each(hours(1, 30))(
    'in disorder %d lose no revision, and repeat one only after a death, with its id',
    async (seed) => {
      const { tenant, receivers, kills, hidden } = await story(seed);
      expect(await outboxIsEmpty(tenant.stores)).toBe(true);
      // What never matched after its opening is not decided.
      const rows = (await tenant.all()).filter(({ detection }) => detection.decision.isDecided);
      expect(rows.length).toBeGreaterThan(0);
      for (const { sink, received } of receivers) {
        for (const { detection, deliveries } of rows) {
          if (detection.state === 'resolved') continue;
          expect(deliveries[sink.name]).toMatchObject({ status: 'sent', revision: detection.revision });
          expect(received.has(notificationIdOf(detection))).toBe(true);
        }
        for (const ids of received.values()) {
          if (kills === 0) expect(ids).toHaveLength(1);
          // Suppressed after a death and shown again, it is pending anew, and may go into another digest.
          if (hidden === 0) expect(new Set(ids).size).toBe(1);
        }
      }
    },
  );
});
