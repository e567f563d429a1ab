import { beforeEach, describe, expect, it } from 'vitest';
import { recordVerdict } from '../../../src/detections/record_verdict.ts';
import type { Run } from '../../../src/storage/ports/runs.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { mulberry32 } from '../../support/random.ts';
import { at, group, hours, idOf, sinkState, Tenant, withDetections } from '../../support/scoring/tenant.ts';

const BEACON = group(1);
const SINKS = [sinkState('soc')];

let tenant: Tenant;
beforeEach(async () => {
  tenant = new Tenant();
  await tenant.reports(BEACON, hours(0, 3));
});

/** Somebody else is quicker, once: what they do happens right before the first write of that kind. */
function overtaken(stores: Stores, before: 'insert' | 'update', other: () => Promise<unknown>): Stores {
  let waiting = true;
  const once = async () => {
    if (!waiting) return;
    waiting = false;
    await other();
  };
  return withDetections(stores, (base) => ({
    insert: async (detection, changes) => {
      if (before === 'insert') await once();
      return base.insert(detection, changes);
    },
    update: async (detection, version, changes) => {
      if (before === 'update') await once();
      return base.update(detection, version, changes);
    },
    updateAll: async (rows) => {
      if (before === 'update') await once();
      return base.updateAll(rows);
    },
  }));
}

const overtakenRun = (hour: number, before: 'insert' | 'update', other: () => Promise<unknown>) =>
  tenant.fresh(hour, { stores: overtaken(tenant.stores, before, other), sinks: SINKS });

/** The row as one run alone would leave it. */
async function aloneAt(...runs: readonly number[]) {
  const alone = new Tenant();
  await alone.reports(BEACON, hours(0, 3));
  for (const hour of runs) await alone.fresh(hour);
  return await alone.detection(BEACON);
}

describe('scorePartition whose insert comes second', () => {
  it('to the same run leaves the row of one run, opened once', async () => {
    let first = { opened: -1 };
    const second = await overtakenRun(4, 'insert', async () => {
      first = await tenant.fresh(4);
      await tenant.mark(BEACON, 'soc');
    });
    expect([first.opened, second.opened]).toEqual([1, 1]);
    expect(await tenant.all()).toEqual([
      {
        detection: await aloneAt(4),
        deliveries: { soc: expect.objectContaining({ status: 'sent' }) },
        verdict: null,
      },
    ]);
    expect(await tenant.pending()).toEqual([]);
  });

  it('to an earlier run continues its episode', async () => {
    expect(await overtakenRun(5, 'insert', () => tenant.fresh(4))).toMatchObject({ opened: 0, pending: 1 });
    expect(await tenant.detection(BEACON)).toEqual(await aloneAt(4, 5));
  });

  it('to a later run writes nothing', async () => {
    expect(await overtakenRun(4, 'insert', () => tenant.fresh(5))).toMatchObject({ opened: 0, pending: 0 });
    expect(await tenant.detection(BEACON)).toEqual(await aloneAt(5));
  });
});

describe('scorePartition whose update comes second', () => {
  beforeEach(async () => {
    await tenant.decided(4);
  });

  it('to the notifier keeps what that wrote, and notifies no more', async () => {
    const run = await overtakenRun(6, 'update', () => tenant.mark(BEACON, 'soc', { answer: '204' }));
    expect(run).toMatchObject({ opened: 0, pending: 0 });
    expect(await tenant.row(BEACON)).toEqual({
      detection: await aloneAt(4, 5, 6),
      deliveries: {
        soc: expect.objectContaining({ episode: at(4), revision: 1, status: 'sent', attempts: 1, answer: '204' }),
      },
      verdict: null,
    });
    expect(await tenant.pending()).toEqual([]);
  });

  it('to an analyst keeps the verdict, and names what it saw', async () => {
    const said = { value: 'acknowledged', note: 'looking', who: 'ana' } as const;
    await overtakenRun(6, 'update', () => recordVerdict(tenant.stores, idOf(BEACON), said, () => 7));
    expect(await tenant.row(BEACON)).toEqual({
      detection: await aloneAt(4, 5, 6),
      deliveries: { soc: expect.objectContaining({ status: 'pending', revision: 1 }) },
      verdict: { ...said, at: 7 },
    });
  });

  it('to the same run leaves the row of one run', async () => {
    await overtakenRun(6, 'update', () => tenant.fresh(6));
    expect(await tenant.detection(BEACON)).toEqual(await aloneAt(4, 5, 6));
  });

  it('to a later run writes nothing', async () => {
    await overtakenRun(6, 'update', () => tenant.fresh(7));
    expect(await tenant.detection(BEACON)).toEqual(await aloneAt(4, 5, 7));
  });

  it('to its removal opens it', async () => {
    const remove = () => tenant.removed(BEACON);
    expect(await overtakenRun(6, 'update', remove)).toMatchObject({ opened: 1, pending: 0 });
    expect(await tenant.detection(BEACON)).toEqual(await aloneAt(6));
  });

  it('to two of them, one after the other, tries until it is through', async () => {
    await tenant.mark(BEACON, 'chat');
    const inner = overtaken(tenant.stores, 'update', () => tenant.mark(BEACON, 'soc'));
    const stores = overtaken(inner, 'update', () => tenant.mark(BEACON, 'chat', { answer: '201' }));
    await tenant.fresh(6, { stores, sinks: SINKS });
    const row = await tenant.row(BEACON);
    expect(row?.detection).toEqual(await aloneAt(4, 5, 6));
    expect(row?.deliveries).toMatchObject({ soc: { status: 'sent' }, chat: { answer: '201' } });
  });

  it('to a new episode that its own run opened before, opens none', async () => {
    await tenant.fresh(87);
    await tenant.reports(BEACON, hours(87, 90));
    const run = await overtakenRun(91, 'update', () => tenant.fresh(91));
    expect(run).toMatchObject({ opened: 1, pending: 0 });
    expect(await tenant.detection(BEACON)).toMatchObject({ state: 'new', episode: at(91) });
  });
});

describe('scorePartition that would resolve', () => {
  beforeEach(async () => {
    await tenant.decided(4);
  });

  it('keeps what the notifier wrote meanwhile', async () => {
    await overtakenRun(90, 'update', () => tenant.mark(BEACON, 'soc'));
    const row = await tenant.row(BEACON);
    expect(row).toMatchObject({
      detection: { state: 'resolved', asOf: at(90) },
      deliveries: { soc: { status: 'sent' } },
    });
    expect(await tenant.pending()).toEqual([]);
  });

  it('leaves what a later run has met', async () => {
    await overtakenRun(90, 'update', async () => {
      await tenant.reports(BEACON, hours(87, 90));
      await tenant.fresh(91);
    });
    expect(await tenant.detection(BEACON)).toMatchObject({ state: 'ongoing', episode: at(4), lastMatched: at(91) });
    expect(await tenant.pending()).toEqual([{ detectionId: idOf(BEACON), sink: 'soc' }]);
  });

  it('makes nothing of what was removed', async () => {
    await overtakenRun(90, 'update', () => tenant.removed(BEACON));
    expect(await tenant.all()).toEqual([]);
  });
});

describe('scorers, a notifier and an analyst at once', () => {
  it.each(hours(1, 40))(
    'in disorder %d leave the rows of one scorer, all deliveries and all verdicts',
    async (seed) => {
      const random = mulberry32(seed);
      const pause = async () => {
        for (let turns = Math.floor(random() * 6); turns > 0; turns--) await Promise.resolve();
      };
      const slow = withDetections(tenant.stores, (base) => ({
        get: async (id) => {
          await pause();
          return base.get(id);
        },
        insert: async (detection, changes) => {
          await pause();
          const version = await base.insert(detection, changes);
          await pause();
          return version;
        },
        update: async (detection, version, changes) => {
          await pause();
          const written = await base.update(detection, version, changes);
          await pause();
          return written;
        },
        updateAll: async (rows) => {
          await pause();
          const unwritten = await base.updateAll(rows);
          await pause();
          return unwritten;
        },
      }));
      const all = [BEACON, group(2), group(1, '3000000b'), group(4, '3fffffff')];
      const gone = group(3, '3fffffff');
      await tenant.detected(gone, { asOf: at(-20), lastMatched: at(-80) });
      for (const each of all.slice(1)) await tenant.reports(each, hours(0, 3));
      const notifying = async () => {
        for (const each of [...all, gone]) {
          for (let tries = 0; (await tenant.row(each)) === null && tries < 5000; tries++) await pause();
          await pause();
          await tenant.mark(each, 'chat', { answer: each.groupId });
        }
      };
      const judging = async () => {
        for (const each of [gone, ...all]) {
          for (let tries = 0; (await tenant.row(each)) === null && tries < 5000; tries++) await pause();
          await pause();
          const said = { value: 'acknowledged', note: each.groupId, who: 'ana' } as const;
          await recordVerdict(slow, idOf(each), said, () => 7);
        }
      };
      const runs = [4, 4, 4].map((hour) => tenant.fresh(hour, { stores: slow, sinks: SINKS }));
      const [first, second, third] = await Promise.all([...runs, notifying(), judging()]);
      for (const run of [first, second, third]) expect((run as Run | undefined)?.opened).toBe(all.length);
      const alone = new Tenant();
      await alone.detected(gone, { asOf: at(-20), lastMatched: at(-80) });
      for (const each of all) await alone.reports(each, hours(0, 3));
      await alone.fresh(4);
      const rows = await tenant.all();
      expect(rows.map(({ detection }) => detection)).toEqual((await alone.all()).map(({ detection }) => detection));
      for (const { detection, deliveries, verdict } of rows) {
        expect(deliveries['chat']?.answer).toBe(detection.groupId);
        expect(verdict?.note).toBe(detection.groupId);
      }
    },
  );
});
