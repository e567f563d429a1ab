import { beforeEach, describe, expect, it } from 'vitest';
import { addMs } from '../../../src/core/kql/timestamp.ts';
import { expiryOf } from '../../../src/scoring/partition_scorer.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { at, group, hours, SETTINGS, Tenant, withCounts, withDetections } from '../../support/scoring/tenant.ts';

/** Two days of history. */
const settings = { ...SETTINGS, historyDays: 2 };

let tenant: Tenant;
beforeEach(() => {
  tenant = new Tenant();
});

/** The ids of detections that are removed. */
function removals(stores: Stores, ids: string[]): Stores {
  return withDetections(stores, (base) => ({
    remove: async (gone) => {
      ids.push(...gone.map(({ id }) => id));
      await base.remove(gone);
    },
  }));
}

describe('scorePartition removes detections', () => {
  it('that are resolved and matched last before the history, in any position; never active ones', async () => {
    const resolved = { state: 'resolved', asOf: at(20) } as const;
    await tenant.reports(group(5), hours(86, 97));
    await tenant.reports(group(5, '30000010'), hours(86, 97));
    const old = { ...resolved, lastMatched: addMs(at(43), -1) };
    const gone = [
      group(1, '30000000'),
      group(4),
      group(6),
      group(1, '3000000b'),
      group(6, '30000010'),
      group(1, '3fffffff'),
    ];
    for (const each of gone) await tenant.detected(each, old);
    const kept = [group(2, '30000000'), group(7), group(2, '3fffffff')];
    for (const each of kept) await tenant.detected(each, { ...resolved, lastMatched: at(43) });
    await tenant.detected(group(5), old); // It matches: a new episode.
    const live = [group(3, '30000000'), group(8), group(3, '3fffffff')];
    for (const each of live) await tenant.detected(each, { lastMatched: at(10), asOf: at(10) });

    const ids: string[] = [];
    const message = { newestReport: at(91) };
    // Behind: nothing is resolved, and what is active stays, however old.
    const stores = removals(tenant.stores, ids);
    const unfresh = removals(
      withCounts(tenant.stores, () => ({ days: async () => [] })),
      ids,
    );
    expect(await tenant.run(98, { stores: unfresh, message, settings })).toMatchObject({ resolved: 0 });
    const removed = [...gone, group(5)].map(({ groupId }) => groupId).sort();
    expect(ids.sort()).toEqual(removed);
    await tenant.detected(group(5), old);
    for (const each of gone) await tenant.detected(each, old);
    ids.length = 0;
    expect(await tenant.run(98, { stores, message, settings })).toMatchObject({ resolved: 3, opened: 2 });
    expect(ids.sort()).toEqual(gone.map(({ groupId }) => groupId).sort());
    const states = new Map((await tenant.all()).map(({ detection }) => [detection.groupId, detection.state]));
    const wanted = [
      ...[...kept, ...live].map(({ groupId }) => [groupId, 'resolved'] as const),
      ...[group(5), group(5, '30000010')].map(({ groupId }) => [groupId, 'new'] as const),
    ];
    expect(states).toEqual(new Map(wanted.sort()));
  });

  it('for a past hour no more than a run at that hour did', async () => {
    await tenant.detected(group(1), { state: 'resolved', lastMatched: at(10), asOf: at(30) });
    await tenant.fresh(58, { now: 500, settings });
    expect(await tenant.all()).toHaveLength(1);
    await tenant.fresh(500, { now: 58, settings });
    expect(await tenant.all()).toHaveLength(1);
    await tenant.fresh(59, { now: 500, settings });
    expect(await tenant.all()).toHaveLength(0);
  });

  it('but not one that another run opens again before it is gone', async () => {
    await tenant.detected(group(1), { state: 'resolved', lastMatched: at(0), asOf: at(20) });
    const stores = withDetections(tenant.stores, (base) => ({
      remove: async (rows) => {
        expect(rows.map(({ id }) => id)).toEqual([group(1).groupId]);
        await tenant.reports(group(1), hours(94, 97));
        await tenant.fresh(98, { settings });
        await base.remove(rows);
      },
    }));
    await tenant.fresh(98, { stores, settings });
    expect(await tenant.detection(group(1))).toMatchObject({ state: 'new', episode: at(98) });
    expect((await tenant.detection(group(1))).episodes).toHaveLength(1);
  });

  it('by the hundred', async () => {
    const groups = Array.from({ length: 250 }, (_, number) => group(number));
    for (const each of groups) {
      await tenant.detected(each, { state: 'resolved', lastMatched: at(0), asOf: at(20) });
    }
    const atOnce: number[] = [];
    const stores = withDetections(tenant.stores, (base) => ({
      remove: async (rows) => {
        atOnce.push(rows.length);
        await base.remove(rows);
      },
    }));
    expect(await tenant.fresh(98, { stores, settings })).toMatchObject({ groups: 0 });
    expect(Math.max(...atOnce)).toBeLessThanOrEqual(100);
    expect(await tenant.all()).toEqual([]);
  });
});

describe('scorePartition with a clock that is ten days ahead', () => {
  const AHEAD = 30 + 240;

  it('removes no detection that a correct clock keeps: expiry ends at the newest counted report', async () => {
    await tenant.detected(group(2), { state: 'resolved', lastMatched: at(29), asOf: at(29) });
    await tenant.run(AHEAD, { message: { newestReport: at(29.5) }, settings });
    expect(await tenant.row(group(2))).not.toBeNull();
  });

  it('removes nothing where no run of the last hours has counted a report', async () => {
    await tenant.detected(group(2), { state: 'resolved', lastMatched: at(0), asOf: at(29) });
    await tenant.run(AHEAD, { settings });
    expect(await tenant.row(group(2))).not.toBeNull();
  });
});

describe('expiryOf(asOf, now, newestReport, historyDays)', () => {
  it('counts from the earliest of the three', () => {
    expect(expiryOf(at(0), at(0), at(0), 90)).toBe(at(-2160));
    expect(expiryOf(at(0), at(70), at(1), 90)).toBe(at(-2160));
    expect(expiryOf(at(70), at(0), at(70), 90)).toBe(at(-2160));
    expect(expiryOf(at(70), at(70), at(0), 90)).toBe(at(-2160));
  });

  it('is before everything where no report is known', () => {
    expect(expiryOf(at(0), at(0), '', 90) < at(-100_000)).toBe(true);
  });
});
