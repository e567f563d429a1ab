import { beforeEach, describe, expect, it } from 'vitest';
import { dayOf } from '../../../src/core/records/day.ts';
import type { Rule } from '../../../src/core/scoring/rule.ts';
import { whatIf } from '../../../src/scoring/what_if.ts';
import { WindowError } from '../../../src/scoring/window_end.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { at, type Group, group, hours, idOf, inPages, RULE, SETTINGS, Tenant } from '../../support/scoring/tenant.ts';

/** Partition 3 and another. */
const LOUD = group(1, '30000001');
const QUIET = group(2, '30000001');
const SHORT = group(1, '3000000a');
const WILD = group(1, 'a0000001');
const ALL = [LOUD, QUIET, SHORT, WILD];

let tenant: Tenant;
beforeEach(async () => {
  tenant = new Tenant();
  await tenant.reports(LOUD, hours(0, 11), 90);
  await tenant.reports(QUIET, hours(0, 11), 50);
  await tenant.reports(SHORT, hours(8, 11), 60);
  for (const hour of hours(0, 11)) await tenant.reports(WILD, [hour], hour === 3 ? 5_000 : 400 + (hour % 3) * 5);
});

/** The same stores; each method that writes fails the test. */
function readOnly(stores: Stores): Stores {
  const refuse = (): never => {
    throw new Error('somebody writes');
  };
  const guarded = <T extends object>(store: T, writes: readonly (keyof T)[]): T =>
    new Proxy(store, {
      get: (target, name) => {
        if (writes.includes(name as keyof T)) return refuse;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return {
    exports: stores.exports,
    exportStates: guarded(stores.exportStates, ['insert', 'replace', 'remove']),
    hourlyCounts: guarded(stores.hourlyCounts, ['merge', 'settle', 'removeDay']),
    countFiles: guarded(stores.countFiles, ['put', 'stage', 'commit', 'mark', 'remove']),
    context: guarded(stores.context, ['put', 'remove']),
    deadLetters: guarded(stores.deadLetters, ['open', 'expire']),
    detections: guarded(stores.detections, ['insert', 'update', 'updateAll', 'mark', 'remove', 'recordVerdict']),
    outbox: guarded(stores.outbox, ['replace', 'settle', 'discard']),
    runs: guarded(stores.runs, ['put', 'expire']),
    sinks: guarded(stores.sinks, ['insert', 'replace']),
    queues: guarded(stores.queues, ['send', 'takePoison']),
    suppressions: guarded(stores.suppressions, ['insert', 'remove']),
  };
}

const idsOf = (groups: readonly Group[]) => groups.map(idOf).sort();
const asked = (rule: Partial<Rule> = {}, hour = 12) => whatIf(readOnly(tenant.stores), { ...RULE, ...rule }, at(hour));

describe('whatIf(stores, rule, asOf)', () => {
  it('names a sealed day of the window without files, and no day that was never counted', async () => {
    const before = dayOf(at(-1));
    expect((await asked({}, 11)).gaps).toEqual([]);
    await tenant.stores.runs.noteSealed(before);
    const { gaps } = await asked({}, 11);
    expect(gaps).toHaveLength(16);
    expect(gaps[3]).toBe(`no history of ${before} in partition 3: its count file is missing`);
  });

  it('where nothing is active names what a first run would open, highest averages first', async () => {
    const found = await asked();
    expect(found).toMatchObject({ groups: 4, rows: 40, detections: 4, kept: 0, addedInAll: 4, gone: [], goneInAll: 0 });
    expect(found.window).toEqual({ after: at(0), asOf: at(12) });
    expect(found.added.map(({ groupId }) => groupId)).toEqual([WILD, LOUD, SHORT, QUIET].map(idOf));
    expect(found.added[1]).toMatchObject({
      ...LOUD,
      avg_conn_count: 90,
      devices: 2,
      severity: 'high',
      inliner_count: 12,
    });
    expect(found.oldest).toBe(at(0));
  });

  it('by the rule of the last run changes nothing', async () => {
    for (const partition of ['3', 'a'] as never[]) await tenant.run(12, { message: { partition } });
    expect(await asked()).toMatchObject({ detections: 4, kept: 4, added: [], addedInAll: 0, gone: [], goneInAll: 0 });
  });

  it('names what would go, and why', async () => {
    for (const partition of ['3', 'a'] as never[]) await tenant.run(12, { message: { partition } });
    const silent = group(9, '3fffffff');
    await tenant.detected(silent, { lastMatched: at(12), asOf: at(12) });
    await tenant.detected(group(8, '3fffffff'), { state: 'resolved', lastMatched: at(12), asOf: at(12) });
    const reasons = async (rule: Partial<Rule>) => {
      const found = await asked(rule);
      expect(found.kept + found.goneInAll).toBe(5);
      return Object.fromEntries(found.gone.map(({ detection, reason }) => [detection.groupId, reason]));
    };
    expect(await reasons({ minAverage: 70 })).toEqual({
      [idOf(QUIET)]: 'low-average',
      [idOf(SHORT)]: 'low-average',
      [idOf(silent)]: 'no-reports',
    });
    expect(await reasons({ minUniformPerDay: 24 })).toMatchObject({
      [idOf(SHORT)]: 'too-few-points',
      [idOf(WILD)]: 'too-few-inliers',
    });
  });

  it('names what would be added, be it new or resolved before', async () => {
    const higher = { ...SETTINGS, rule: { ...RULE, minAverage: 70 } };
    for (const partition of ['3', 'a'] as never[]) await tenant.run(12, { message: { partition }, settings: higher });
    await tenant.detected(QUIET, { state: 'resolved', asOf: at(11), lastMatched: at(-40) });
    const found = await asked();
    expect(found.added.map(({ groupId }) => groupId).sort()).toEqual(idsOf([QUIET, SHORT]));
    expect(found).toMatchObject({ kept: 2, addedInAll: 2, goneInAll: 0 });
  });

  it.each<[string, Partial<Rule>, number]>([
    ['another line', { minAverage: 55 }, 12],
    ['more inliers', { minUniformPerDay: 20 }, 12],
    ['another window', { lookbackDays: 0.2 }, 12],
    ['a longer window', { lookbackDays: 3, minUniformPerDay: 2 }, 12],
    ['a wider threshold', { anomalyThreshold: 6 }, 12],
    ['grain report', { grain: 'report' }, 12],
    ['an earlier hour', {}, 9],
  ])('finds what a run by that rule would find: %s', async (_what, rule, hour) => {
    const settings = { ...SETTINGS, rule: { ...RULE, ...rule } };
    const found = await whatIf(inPages(tenant.stores, 3, 2), settings.rule, at(hour));
    for (const partition of ['3', 'a'] as never[]) await tenant.run(hour, { message: { partition }, settings });
    const rows = (await tenant.all()).map(({ detection }) => detection.groupId);
    expect(found.added.map(({ groupId }) => groupId).sort()).toEqual(rows.sort());
  });

  it('names a thousand, and counts them all', async () => {
    const many = Array.from({ length: 2_100 }, (_, number) => group(100 + number, '30000002'));
    for (const [n, each] of many.entries()) await tenant.reports(each, hours(0, 3), 1_000 + n);
    const found = await asked();
    expect(found).toMatchObject({ detections: 2_104, addedInAll: 2_104 });
    expect(found.added.map(({ average }) => average)).toEqual(Array.from({ length: 1_000 }, (_, n) => 3_099 - n));
  });

  it('throws where nothing of the window is stored, and names what is', async () => {
    await expect(asked({}, 40)).rejects.toThrow(WindowError);
    await expect(asked({}, 40)).rejects.toThrow(
      `no rows are stored for the window from ${at(28)} to ${at(40)}: rows are stored of the hours from ${at(0)} to ${at(11)}`,
    );
    await expect(whatIf(new Tenant().stores, RULE, at(12))).rejects.toThrow('no rows are stored');
  });

  it('leaves every row as it is', async () => {
    await tenant.run(11);
    const before = [await tenant.versioned(), await tenant.counts(), await tenant.counts('a' as never)];
    await asked({ minAverage: 0 });
    expect([await tenant.versioned(), await tenant.counts(), await tenant.counts('a' as never)]).toEqual(before);
    expect(ALL).toHaveLength(4);
  });
});
