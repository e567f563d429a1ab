import { beforeEach, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { addMs } from '../../../src/core/kql/timestamp.ts';
import { scorePartition } from '../../../src/scoring/score_windows.ts';
import type { Partition } from '../../../src/storage/ports/hourly_counts.ts';
import { at, group, hours, idOf, P, SETTINGS, sinkState, Tenant } from '../../support/scoring/tenant.ts';

const BEACON = group(1);
const OTHER = group(2, '3fffffff');

let tenant: Tenant;
beforeEach(() => {
  tenant = new Tenant();
});

describe('scorePartition over the hours of one beacon', () => {
  it('opens, continues, resolves after more than a window without a match, and opens a new episode', async () => {
    await tenant.reports(BEACON, hours(0, 3));
    await tenant.reports(OTHER, hours(0, 90), 1);
    expect(await tenant.run(3)).toMatchObject({ detections: 0, opened: 0 });
    expect(await tenant.states()).toEqual([]);

    expect(await tenant.run(4)).toMatchObject({ detections: 1, opened: 1, resolved: 0 });
    const first = { state: 'new', episode: at(4), revision: 0, asOf: at(4), lastMatched: at(4), suppressedBy: '' };
    expect(await tenant.detection(BEACON)).toMatchObject(first);
    for (let hour = 5; hour <= 12; hour++) {
      expect(await tenant.run(hour)).toMatchObject({ detections: 1, opened: 0, resolved: 0 });
      const ongoing = { ...first, state: 'ongoing', revision: 1, asOf: at(hour), lastMatched: at(hour) };
      expect(await tenant.detection(BEACON)).toMatchObject(ongoing);
    }
    const last = await tenant.versioned();
    for (let hour = 13; hour <= 84; hour++) {
      expect(await tenant.run(hour)).toMatchObject({ detections: 0, opened: 0, resolved: 0 });
      expect(await tenant.versioned()).toEqual(last);
    }
    const before = await tenant.detection(BEACON);
    expect(await tenant.run(85)).toMatchObject({ detections: 0, opened: 0, resolved: 1 });
    expect(await tenant.detection(BEACON)).toEqual({ ...before, state: 'resolved', asOf: at(85) });
    const over = await tenant.versioned();
    expect(await tenant.run(86)).toMatchObject({ resolved: 0 });
    expect(await tenant.versioned()).toEqual(over);

    await tenant.reports(BEACON, hours(87, 90), 70);
    expect(await tenant.run(91)).toMatchObject({ detections: 1, opened: 1 });
    expect(await tenant.detection(BEACON)).toMatchObject({
      ...first,
      episode: at(91),
      asOf: at(91),
      lastMatched: at(91),
      assessments: { 'kql-rule': { avg_conn_count: 70 }, regularity: null },
    });
    await tenant.run(92);
    expect(await tenant.detection(BEACON)).toMatchObject({ state: 'ongoing', episode: at(91), asOf: at(92) });
  });

  it('has no new episode where it matches again before it is resolved', async () => {
    await tenant.reports(BEACON, [...hours(0, 3), ...hours(20, 23)]);
    for (const hour of [4, 12, 13, 20]) await tenant.fresh(hour);
    expect(await tenant.fresh(24)).toMatchObject({ opened: 0, resolved: 0 });
    expect(await tenant.detection(BEACON)).toMatchObject({ state: 'ongoing', episode: at(4), lastMatched: at(24) });
  });

  it('writes the newest finding, with what is behind it', async () => {
    await tenant.reports(BEACON, hours(0, 3));
    await tenant.run(4);
    await tenant.reports(BEACON, [4], 65);
    await tenant.run(5);
    const counts = [60, 60, 60, 60, 65];
    expect(await tenant.detection(BEACON)).toMatchObject({
      ...BEACON,
      FirstConnection: at(0),
      LastConnection: at(4),
      devices: 1,
      hours: [...new Array(67).fill(null), ...counts],
      assessments: {
        'kql-rule': {
          count_of_hours: 5,
          average: 61,
          evidence: { ConnCounts: counts, Timestamp: hours(0, 4).map(at) },
        },
      },
    });
  });
});

describe('scorePartition once more', () => {
  it('of the same window writes no row, in any state, and queues the same notifications again', async () => {
    await tenant.reports(BEACON, hours(0, 3), 61);
    await tenant.reports(OTHER, hours(0, 90), 1);
    const sinks = [sinkState('soc')];
    for (const [hour, pending] of [
      [4, 0],
      [5, 1],
      [8, 1],
      [13, 1],
      [85, 0],
    ] as const) {
      const { opened, resolved } = await tenant.run(hour, { sinks });
      const rows = await tenant.versioned();
      await tenant.pending();
      expect(await tenant.run(hour, { sinks })).toMatchObject({ opened, resolved, pending });
      expect(await tenant.versioned()).toEqual(rows);
      expect(await tenant.pending()).toEqual(pending === 0 ? [] : [{ detectionId: idOf(BEACON), sink: 'soc' }]);
    }
  });

  it('for an older window, delivered late, writes no row of an ongoing or a resolved detection', async () => {
    await tenant.reports(BEACON, hours(0, 3));
    await tenant.reports(OTHER, hours(74, 77));
    await tenant.run(4);
    for (const hour of [78, 85]) await tenant.fresh(hour);
    const rows = await tenant.versioned();
    expect(rows.map(({ row }) => row.detection.state)).toEqual(['resolved', 'ongoing']);
    // The first is met as a match, and the second as none.
    for (const hour of [4, 8, 12, 84]) {
      // What was opened by that run is so still.
      expect(await tenant.fresh(hour)).toMatchObject({ opened: hour === 4 ? 1 : 0, resolved: 0 });
      expect(await tenant.versioned()).toEqual(rows);
    }
  });

  it('for an older window does not resolve what a newer run has met', async () => {
    await tenant.detected(BEACON, { asOf: at(30) });
    expect(await tenant.fresh(29)).toMatchObject({ resolved: 0 });
    expect(await tenant.detection(BEACON)).toMatchObject({ state: 'ongoing', asOf: at(30) });
    expect(await tenant.fresh(30)).toMatchObject({ resolved: 1 });
  });
});

describe('scorePartition without fresh reports', () => {
  beforeEach(async () => {
    await tenant.detected(BEACON, { lastMatched: at(-48), asOf: at(12) });
  });

  it('resolves nothing: the exporter may be behind', async () => {
    const rows = await tenant.versioned();
    expect(await tenant.run(40)).toMatchObject({ resolved: 0, newestReport: '' });
    await tenant.reportsAt(OTHER, [addMs(at(34), -1000)], 1);
    expect(await tenant.run(40)).toMatchObject({ resolved: 0, newestReport: addMs(at(34), -1000) });
    expect(await tenant.versioned()).toEqual(rows);
  });

  it('resolves with one of its own within six hours, though not with one after the window', async () => {
    await tenant.reportsAt(OTHER, [addMs(at(40), 1)], 1);
    expect(await tenant.run(40)).toMatchObject({ resolved: 0, newestReport: '' });
    await tenant.reportsAt(OTHER, [at(34)], 1);
    expect(await tenant.run(40)).toMatchObject({ resolved: 1, newestReport: at(34) });
    expect(await tenant.states()).toEqual([`${BEACON.groupId} resolved`]);
  });

  it('resolves with one that other partitions hold, and names only its own in its row', async () => {
    const elsewhere = (newestReport: ReturnType<typeof at>) => tenant.run(40, { message: { newestReport } });
    expect(await elsewhere(addMs(at(34), -1))).toMatchObject({ resolved: 0 });
    await tenant.reports(OTHER, [29], 1);
    expect(await elsewhere(addMs(at(34), -1))).toMatchObject({ resolved: 0 });
    expect(await elsewhere(at(34))).toMatchObject({ resolved: 1, newestReport: at(29.5) });
  });

  it('takes the later of its own and that of the others', async () => {
    await tenant.reports(OTHER, [38], 1);
    expect(await tenant.run(40, { message: { newestReport: at(20) } })).toMatchObject({ resolved: 1 });
  });
});

describe('scorePartition writes its run', () => {
  it('with what it met and did', async () => {
    await tenant.reports(BEACON, hours(20, 23));
    await tenant.reports(group(2), hours(20, 29));
    await tenant.reports(group(3), [29], 1);
    await tenant.reports(group(4), [2, 3, 31], 1); // None in an hour of the window.
    await tenant.detected(group(5));
    await tenant.detected(group(6), { state: 'resolved' });
    await tenant.detected(group(2), { asOf: at(29), lastMatched: at(29) });
    const message = { partition: P, asOf: at(30), oldestUnreadMs: 77, newestReport: at(29) };
    const endedAt = Date.UTC(2026, 10, 21, 6, 46);
    const times = [endedAt - MINUTE_MS, endedAt];
    const run = await scorePartition(
      tenant.stores,
      SETTINGS,
      [sinkState('a'), sinkState('b')],
      message,
      () => times.shift() as number,
    );
    expect(run).toEqual({
      asOf: at(30),
      partition: '3',
      groups: 3,
      // Two are of the second detector's window alone.
      rows: 17,
      detections: 2,
      opened: 1,
      resolved: 1,
      // What has just opened is not decided.
      pending: 2,
      // These stores are in memory.
      requests: 0,
      newestReport: at(29.5),
      durationMs: MINUTE_MS,
      endedAt,
      oldestUnreadMs: 77,
      badRows: 0,
      badRow: '',
      fileFault: '',
      contextPartitions: 0,
      contextFault: `merged/${at(30)} is missing`,
    });
    expect(await Array.fromAsync(tenant.stores.runs.since(at(0)))).toEqual([run]);
    await tenant.run(30, { message: { oldestUnreadMs: null } });
    const rows = await Array.fromAsync(tenant.stores.runs.since(at(0)));
    expect(rows).toMatchObject([{ opened: 1, resolved: 1, rows: 17, oldestUnreadMs: null }]);
  });

  it('also where the partition holds nothing', async () => {
    expect(await tenant.run(4)).toMatchObject({ groups: 0, rows: 0, detections: 0, pending: 0, newestReport: '' });
    expect(await Array.fromAsync(tenant.stores.runs.since(at(4)))).toHaveLength(1);
  });

  it('and touches no other partition', async () => {
    const elsewhere = group(1, '4000000a');
    await tenant.reports(elsewhere, hours(0, 30));
    await tenant.detected(group(2, '2000000a'));
    expect(await tenant.fresh(30)).toMatchObject({ groups: 0, rows: 0, resolved: 0 });
    expect(await tenant.states()).toEqual([`${group(2, '2000000a').groupId} ongoing`]);
    expect(await tenant.counts('4' as Partition)).toHaveLength(31);
  });
});
