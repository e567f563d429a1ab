import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordVerdict } from '../../../src/detections/record_verdict.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { tries } from '../../support/effort.ts';
import {
  at,
  type Group,
  group,
  hours,
  idOf,
  P,
  SETTINGS,
  sinkState,
  Tenant,
  withDetections,
} from '../../support/scoring/tenant.ts';

const SINKS = [sinkState('soc'), sinkState('late', { since: at(30) })] as const;

/** The same stores, whose rows are all written singly. */
function singly(stores: Stores): Stores {
  return withDetections(stores, () => ({
    updateAll: async (rows) => rows.map(({ detection }) => detection.groupId),
  }));
}

/** The calls that write detections. */
function logged(stores: Stores, log: string[], before: () => Promise<unknown> = async () => {}): Stores {
  return withDetections(stores, (base) => ({
    update: (detection, version, changes) => {
      log.push('update');
      return base.update(detection, version, changes);
    },
    updateAll: async (rows) => {
      log.push(`updateAll ${rows.length}`);
      await before();
      return base.updateAll(rows);
    },
  }));
}

async function tenantOf(groups: readonly Group[]): Promise<Tenant> {
  const tenant = new Tenant();
  for (const each of groups) await tenant.reports(each, hours(0, 12));
  // In the last of them `regularity` matches as well, and the severity rises.
  for (const hour of [4, 5, 6]) await tenant.fresh(hour, { sinks: SINKS });
  return tenant;
}

describe('scorePartition of detections that go on', () => {
  const groups = hours(1, 120).map((number) => group(number, (0x30000000 + number).toString(16)));

  it('writes a hundred of them at once, and the rest at the end', async () => {
    const tenant = await tenantOf(groups);
    const log: string[] = [];
    const run = await tenant.fresh(7, { stores: logged(tenant.stores, log), sinks: SINKS });
    expect(log).toEqual(['updateAll 100', 'updateAll 20']);
    expect(run).toMatchObject({ detections: 120, opened: 0, pending: 120 });
    expect(new Set((await tenant.all()).map(({ detection }) => detection.asOf))).toEqual(new Set([at(7)]));
  });

  it('writes one alone that an analyst changed meanwhile, and keeps the verdict', async () => {
    const tenant = await tenantOf(groups);
    const log: string[] = [];
    const judged = groups[110] as Group;
    const said = { value: 'acknowledged', note: 'looking', who: 'ana' } as const;
    const stores = logged(tenant.stores, log, async () => {
      if (log.length === 2) await recordVerdict(tenant.stores, idOf(judged), said, () => 7);
    });
    await tenant.fresh(7, { stores, sinks: SINKS });
    expect(log).toEqual(['updateAll 100', 'updateAll 20', 'update']);
    expect(await tenant.row(judged)).toMatchObject({ detection: { asOf: at(7) }, verdict: said });
  });

  it('writes nothing in a repeat', async () => {
    const tenant = await tenantOf(groups);
    await tenant.fresh(7, { sinks: SINKS });
    const log: string[] = [];
    await tenant.fresh(7, { stores: logged(tenant.stores, log), sinks: SINKS });
    expect(log).toEqual([]);
  });

  it('that dies before the rest is written goes on with the next run as if it had lived', async () => {
    const [tenant, other] = [await tenantOf(groups), await tenantOf(groups)];
    const dying = logged(tenant.stores, [], async () => {
      throw new Error('killed');
    });
    await expect(tenant.fresh(7, { stores: dying, sinks: SINKS })).rejects.toThrow('killed');
    await tenant.fresh(7, { sinks: SINKS });
    await other.fresh(7, { sinks: SINKS });
    expect(await tenant.all()).toEqual(await other.all());
  });
});

/** What may happen between two runs, or right before a transaction. */
type Event =
  | { readonly kind: 'reports'; readonly of: number; readonly count: number }
  | { readonly kind: 'silence'; readonly hours: number }
  | { readonly kind: 'verdict' | 'sent' | 'removed'; readonly of: number; readonly isAmid: boolean };

const ALL = [...hours(1, 3).map((n) => group(n, '30000000')), group(1, '3000000a'), group(1, '3fffffff')];
const of = fc.integer({ min: 0, max: ALL.length - 1 });
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('reports' as const), of, count: fc.integer({ min: 40, max: 200 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('silence' as const), hours: fc.integer({ min: 1, max: 90 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('verdict' as const, 'sent' as const, 'removed' as const),
      of,
      isAmid: fc.boolean(),
    }),
  },
);

/** Runs of one tenant after each event; all writes of others come at fixed places, so that two tenants meet the same. */
async function lived(events: readonly Event[], storesOf: (stores: Stores) => Stores) {
  const tenant = new Tenant();
  const tallies: unknown[] = [];
  let hour = 4;
  for (const each of ALL.slice(0, 4)) await tenant.reports(each, hours(0, 3));
  for (const [n, happening] of events.entries()) {
    const theirs = async () => {
      if (happening.kind === 'reports' || happening.kind === 'silence') return;
      const target = ALL[happening.of] as Group;
      if ((await tenant.row(target)) === null) return;
      if (happening.kind === 'removed') await tenant.removed(target);
      else if (happening.kind === 'sent') await tenant.mark(target, 'soc', { answer: String(n) });
      else
        await recordVerdict(
          tenant.stores,
          idOf(target),
          { value: 'acknowledged', note: String(n), who: 'ana' },
          () => n,
        );
    };
    if (happening.kind === 'reports')
      await tenant.reports(ALL[happening.of] as Group, hours(hour - 4, hour), happening.count);
    if (happening.kind === 'silence') hour += happening.hours;
    const isAmid = 'isAmid' in happening && happening.isAmid;
    if (!isAmid) await theirs();
    let waiting = isAmid;
    // After the scan has read the rows, before any is written.
    const once = async () => {
      if (!waiting) return;
      waiting = false;
      await theirs();
    };
    const stores = withDetections(storesOf(tenant.stores), (base) => ({
      insert: async (...args) => {
        await once();
        return base.insert(...args);
      },
      update: async (...args) => {
        await once();
        return base.update(...args);
      },
      updateAll: async (...args) => {
        await once();
        return base.updateAll(...args);
      },
    }));
    const {
      durationMs: _duration,
      endedAt: _end,
      ...tally
    } = await tenant.fresh(hour, { stores, sinks: SINKS, settings: SETTINGS });
    tallies.push(tally);
    hour++;
  }
  return { tallies, rows: await tenant.all(), outbox: (await Array.fromAsync(tenant.stores.outbox.ids(P))).flat() };
}

describe('detections in transactions', () => {
  it('have the life of detections that are written singly, whatever others write meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 12 }), async (events) => {
        expect(await lived(events, (stores) => stores)).toEqual(await lived(events, singly));
      }),
      { numRuns: tries(30, 2000) },
    );
  });
});
