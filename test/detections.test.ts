import { beforeEach, describe, expect, it } from 'vitest';
import type { Detection } from '../src/core/detection.ts';
import { addMs } from '../src/core/timestamp.ts';
import { getDetection, listDetections, MAX_LISTED } from '../src/detections.ts';
import type { Partition } from '../src/ports.ts';
import { contribution, delivery, detection, FACTS, groupId, T1, T2 } from './contract/samples.ts';
import { type MemoryStores, memoryStores } from './fakes/stores.ts';

let stores: MemoryStores;
beforeEach(() => {
  stores = memoryStores();
});

const insert = (number: number, changes: Partial<Detection> = {}) =>
  stores.detections.insert(detection({ groupId: groupId(number), ...changes }));
const listed = async (filter: Parameters<typeof listDetections>[1] = {}) =>
  (await listDetections(stores, filter)).detections.map(({ id }) => Number.parseInt(id.slice(1, 32), 16));

describe('listDetections(stores, filter)', () => {
  it('of nothing is nothing', async () => {
    expect(await listDetections(stores, {})).toEqual({ detections: [], truncated: false });
  });

  it('shows each by its id, with what became of its notifications', async () => {
    const version = await insert(1);
    const id = `${groupId(1)}|seed`;
    await stores.detections.mark(id, 'soc', delivery(), version ?? '');
    expect(await listDetections(stores, {})).toEqual({
      detections: [{ id, ...detection({ groupId: groupId(1) }), deliveries: { soc: delivery() } }],
      truncated: false,
    });
  });

  it('is in the order of the rule: average in full descending, then device, process and address', async () => {
    const equal = { average: 50 };
    await insert(1, { ...equal, DeviceName: 'b' });
    await insert(2, { ...equal, DeviceName: 'a', InitiatingProcessFileName: 'b' });
    await insert(3, { ...equal, DeviceName: 'a', InitiatingProcessFileName: 'a', RemoteIP: '9' });
    await insert(4, { ...equal, DeviceName: 'a', InitiatingProcessFileName: 'a', RemoteIP: '10' });
    await insert(5, { average: 50.001, DeviceName: 'z' });
    await insert(6, { average: 49.999, DeviceName: 'A' });
    await insert(7, { average: 1e6 });
    expect(await listed()).toEqual([7, 5, 4, 3, 2, 1, 6]);
  });

  it('is of one state or device where asked', async () => {
    await insert(1, { average: 5, state: 'ongoing', DeviceName: 'a' });
    await insert(2, { average: 4, state: 'resolved', DeviceName: 'a' });
    await insert(3, { average: 3, state: 'ongoing', DeviceName: 'b' });
    expect(await listed({ state: 'ongoing' })).toEqual([1, 3]);
    expect(await listed({ device: 'a' })).toEqual([1, 2]);
    expect(await listed({ state: 'ongoing', device: 'a' })).toEqual([1]);
    expect(await listed({ state: 'new' })).toEqual([]);
  });

  it.each([
    [MAX_LISTED - 1, false],
    [MAX_LISTED, false],
    [MAX_LISTED + 1, true],
    [2 * MAX_LISTED, true],
    [2 * MAX_LISTED + 1, true],
    [5 * MAX_LISTED + 7, true],
  ])('of %d lists the highest averages, and says whether some are missing: %j', async (count, truncated) => {
    // The highest stand neither first nor last.
    const order = (n: number) => (n * 7919) % count;
    for (let n = 0; n < count; n++) await insert(n, { average: order(n) });
    const list = await listDetections(stores, {});
    expect(list.truncated).toBe(truncated);
    const wanted = Array.from({ length: Math.min(count, 1_000) }, (_, n) => count - 1 - n);
    expect(list.detections.map(({ average }) => average)).toEqual(wanted);
  });
});

describe('getDetection(stores, id, lookbackDays)', () => {
  const id = `${groupId(1)}|seed`;
  const P3 = '3' as Partition;

  it('is null where there is none', async () => {
    await insert(2);
    expect(await getDetection(stores, id, 3)).toBeNull();
    expect(await getDetection(stores, 'x', 3)).toBeNull();
  });

  it('is the detection, with its notifications', async () => {
    const version = await insert(1);
    await stores.detections.mark(id, 'soc', delivery(), version ?? '');
    const view = { id, ...detection(), deliveries: { soc: delivery() }, latestReports: [] };
    expect(await getDetection(stores, id, 3)).toEqual(view);
  });

  it('has the newest ten reports of its window, newest first, with what is known of each', async () => {
    await insert(1, { asOf: T2, lastMatched: T2 });
    const times = Array.from({ length: 14 }, (_, n) => addMs(T1, n * 60_000));
    const outside = [addMs(T2, -43_200_000), addMs(T2, 1)];
    const rows = [...times, ...outside].map((Timestamp, n) => contribution({ Timestamp, count: n, facts: FACTS }));
    await stores.hourlyCounts.merge(P3, rows);
    await stores.hourlyCounts.merge(P3, [contribution({ groupId: groupId(2), Timestamp: T2 })]);
    const reports = (await getDetection(stores, id, 0.5))?.latestReports;
    const wanted = times.map((Timestamp, count) => ({ Timestamp, count, ...FACTS }));
    expect(reports).toEqual(wanted.slice(-10).reverse());
  });

  it('has none from before its window', async () => {
    await insert(1, { asOf: T2, lastMatched: T2 });
    const inside = addMs(T2, -43_199_999);
    const rows = [addMs(T2, -43_200_000), inside, T2, addMs(T2, 1)].map((Timestamp) => contribution({ Timestamp }));
    await stores.hourlyCounts.merge(P3, rows);
    const times = (await getDetection(stores, id, 0.5))?.latestReports.map(({ Timestamp }) => Timestamp);
    expect(times).toEqual([T2, inside]);
  });
});
