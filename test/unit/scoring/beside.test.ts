import { beforeEach, describe, expect, it } from 'vitest';
import type { Timestamp } from '../../../src/core/kql/timestamp.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { ruleOf } from '../../support/detections.ts';
import {
  at,
  type Group,
  group,
  hours,
  inPages,
  RULE,
  SETTINGS,
  sinkState,
  Tenant,
  withDetections,
} from '../../support/scoring/tenant.ts';

let tenant: Tenant;
beforeEach(() => {
  tenant = new Tenant();
});

const BY_REPORT = { ...SETTINGS, rule: { ...RULE, grain: 'report' as const } };
const GONE = { asOf: at(0), lastMatched: at(-60) };

/** Each id with the state that was written, in the order of writing. */
function writes(stores: Stores, log: string[]): Stores {
  return withDetections(stores, (base) => ({
    insert: (detection, changes) => {
      log.push(`insert ${detection.groupId}`);
      return base.insert(detection, changes);
    },
    update: (detection, version, changes) => {
      log.push(`${detection.state} ${detection.groupId}`);
      return base.update(detection, version, changes);
    },
    updateAll: (rows) => {
      log.push(...rows.map(({ detection }) => `${detection.state} ${detection.groupId}`));
      return base.updateAll(rows);
    },
  }));
}

describe.each([
  [1, 1],
  [1000, 1],
  [3, 2],
  [1000, 1000],
])('scorePartition meets detections beside the groups, in pages of %d and %d', (countRows, detectionRows) => {
  const run = (hour: number, log: string[] = []) =>
    tenant.fresh(hour, { stores: writes(inPages(tenant.stores, countRows, detectionRows), log) });

  it('of every place: first, last, between addresses, and in an address before, between and after its groups', async () => {
    const [a, b, c] = ['30000010', '30000020', '30000030'];
    const matching = [group(5, a), group(9, a), group(5, c)];
    const quiet = [group(7, a), group(5, b)];
    for (const each of matching) await tenant.reports(each, hours(16, 27));
    for (const each of quiet) await tenant.reports(each, hours(16, 27), 1);
    const gone = [
      group(1, '30000000'),
      group(2, '3000000f'),
      group(1, a),
      group(6, a),
      group(10, a),
      group(1, '30000011'),
      group(2, '30000011'),
      group(4, b),
      group(6, b),
      group(1, '3000002f'),
      group(4, c),
      group(6, c),
      group(1, '30000031'),
      group(2, '3fffffff'),
    ];
    const live = [group(5, a), group(7, a), group(5, b), group(5, c)];
    for (const each of gone) await tenant.detected(each, GONE);
    for (const each of live) await tenant.detected(each, { asOf: at(27), lastMatched: at(27) });

    const log: string[] = [];
    expect(await run(28, log)).toMatchObject({ groups: 5, detections: 3, opened: 1, resolved: gone.length });
    const idsOf = (groups: readonly Group[]) => groups.map(({ groupId }) => groupId);
    expect(log.sort()).toEqual(
      [
        `insert ${group(9, a).groupId}`,
        ...idsOf([group(5, a), group(5, c)]).map((id) => `ongoing ${id}`),
        ...idsOf(gone).map((id) => `resolved ${id}`),
      ].sort(),
    );
    const again: string[] = [];
    expect(await run(28, again)).toMatchObject({ opened: 1, resolved: gone.length });
    expect(again).toEqual([]);
  });

  it('where there is no group at all', async () => {
    const gone = [group(1, '30000000'), group(2, '30000000'), group(1, '3fffffff')];
    for (const each of gone) await tenant.detected(each, GONE);
    expect(await run(28)).toMatchObject({ groups: 0, detections: 0, resolved: 3 });
    expect(await tenant.states()).toEqual(gone.map(({ groupId }) => `${groupId} resolved`));
  });

  it('where there is no detection before', async () => {
    const groups = [group(1, '30000000'), group(1, '30000010'), group(2, '30000010'), group(1, '3fffffff')];
    for (const each of groups) await tenant.reports(each, hours(0, 3));
    expect(await run(4)).toMatchObject({ groups: 4, detections: 4, opened: 4 });
    expect(await tenant.states()).toEqual(groups.map(({ groupId }) => `${groupId} new`));
  });

  it('of two addresses that share the first 8 digits, whose devices are counted apart', async () => {
    const part = '30000010';
    const [first, second] = [
      [1, 3, 5].map((number) => group(number, part, '203.0.113.1')),
      [2, 4].map((number) => group(number, part, '198.51.100.2')),
    ] as const;
    for (const each of [...first, ...second]) await tenant.reports(each, hours(0, 3));
    const gone = [group(0, part), group(6, part)];
    for (const each of gone) await tenant.detected(each);
    expect(await run(4)).toMatchObject({ groups: 5, detections: 5, opened: 5, resolved: 0 });
    for (const each of first) expect(await tenant.detection(each)).toMatchObject({ ...each, devices: 3 });
    for (const each of second) expect(await tenant.detection(each)).toMatchObject({ ...each, devices: 2 });
    expect(await run(13)).toMatchObject({ groups: 5, detections: 0, resolved: 2 });
    for (const each of gone) expect(await tenant.detection(each)).toMatchObject({ state: 'resolved' });
  });
});

describe('scorePartition', () => {
  it('opens many detections of one address, each with all of its devices', async () => {
    const groups = Array.from({ length: 1_100 }, (_, number) => group(number));
    for (const each of groups) await tenant.reports(each, hours(0, 3));
    const sinks = [sinkState('soc')];
    const all = { groups: 1_100, detections: 1_100 };
    expect(await tenant.run(4, { sinks })).toMatchObject({ ...all, opened: 1_100, pending: 0 });
    expect(await tenant.run(5, { sinks })).toMatchObject({ ...all, opened: 0, pending: 1_100 });
    const rows = await tenant.all();
    expect(rows.map(({ detection }) => detection.groupId)).toEqual(groups.map(({ groupId }) => groupId));
    expect(new Set(rows.map(({ detection }) => detection.devices))).toEqual(new Set([1_100]));
    expect(new Set((await tenant.pending()).map(({ detectionId }) => detectionId)).size).toBe(1_100);
    expect(await tenant.run(4, { sinks })).toMatchObject({ detections: 1_100, opened: 1_100 });
  });

  it('counts the devices of an address that do not match, and none outside the window', async () => {
    await tenant.reports(group(1), hours(10, 13));
    await tenant.reports(group(2), [13], 1);
    await tenant.reports({ ...group(3), DeviceName: 'wks-2' }, [13], 1);
    await tenant.reports(group(4), [1, 14]);
    await tenant.run(14);
    expect(await tenant.detection(group(1))).toMatchObject({ devices: 2 });
  });

  it('takes what is after its start and up to its end, both to the tick', async () => {
    const times = [10, 11, 12].map((hour) => at(hour));
    const tickAfter = (time: Timestamp) => time.replace(/0Z$/, '1Z') as Timestamp;
    await tenant.reportsAt(group(1), [tickAfter(at(1)), ...times.slice(0, 2), at(13)]);
    await tenant.reportsAt(group(2), [at(1), ...times]);
    await tenant.reportsAt(group(3), [...times, tickAfter(at(13))]);
    expect(await tenant.run(13)).toMatchObject({ groups: 3, detections: 1 });
    expect(await tenant.states()).toEqual([`${group(1).groupId} new`]);
  });

  it('keeps the newest 500 points as evidence, and gives how many it skipped', async () => {
    const minutes = Array.from({ length: 600 }, (_, minute) => minute);
    for (const [number, points] of [
      [1, 600],
      [2, 500],
    ] as const) {
      for (const minute of minutes.slice(0, points)) {
        await tenant.reportsAt(group(number), [at(minute / 60)], 100 + (minute % 2));
      }
    }
    await tenant.run(10, { settings: BY_REPORT });
    const { evidence, count_of_hours } = ruleOf(await tenant.detection(group(1)));
    expect(count_of_hours).toBe(600);
    expect(evidence).toMatchObject({ grain: 'report', omitted: 100 });
    const wanted = minutes.slice(100);
    expect(evidence.ConnCounts).toEqual(wanted.map((minute) => 100 + (minute % 2)));
    expect(evidence.Timestamp).toEqual(wanted.map((minute) => at(Math.floor(minute / 60))));
    for (const list of [evidence.flags, evidence.scores, evidence.baseline]) expect(list).toHaveLength(500);
    expect(ruleOf(await tenant.detection(group(2))).evidence.omitted).toBe(0);
    const rows = await tenant.versioned();
    await tenant.run(10, { settings: BY_REPORT });
    expect(await tenant.versioned()).toEqual(rows);
  });

  it('has a point for each report in grain report, and one for each hour in grain hour', async () => {
    const times = [0, 1].flatMap((hour) => [0, 10, 20].map((minute) => at(hour + minute / 60)));
    await tenant.reportsAt(group(1), times);
    expect(await tenant.run(2)).toMatchObject({ detections: 0 });
    expect(await tenant.run(2, { settings: BY_REPORT })).toMatchObject({ detections: 1 });
    expect(ruleOf(await tenant.detection(group(1)))).toMatchObject({
      count_of_hours: 6,
      evidence: { grain: 'report' },
    });
    // Summed, 30 and 30 are above 45; alone they are not.
    await tenant.reportsAt(
      group(2),
      hours(0, 3).flatMap((hour) => [at(hour), at(hour + 0.25)]),
      30,
    );
    expect(await tenant.run(4)).toMatchObject({ detections: 1 });
    expect(ruleOf(await tenant.detection(group(2)))).toMatchObject({
      count_of_hours: 4,
      evidence: { ConnCounts: [60, 60, 60, 60] },
    });
  });
});
