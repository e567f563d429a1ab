import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { activityHoursOf } from '../../../src/core/detections/activity.ts';
import { defenderQuery, sentinelQuery } from '../../../src/core/detections/hunting_queries.ts';
import { ipRangeOf } from '../../../src/core/detections/ip_range.ts';
import { SORTS } from '../../../src/core/detections/sort_key.ts';
import { bin } from '../../../src/core/kql/bin.ts';
import { addMs, type Timestamp } from '../../../src/core/kql/timestamp.ts';
import { getDetection } from '../../../src/detections/get_detection.ts';
import {
  type DetectionFilter,
  type DetectionPage,
  type DetectionQuery,
  type KeyQuery,
  listDetections,
  QueryRefused,
  type SortedQuery,
  testSuppression,
} from '../../../src/detections/query_detections.ts';
import {
  contribution,
  delivery,
  detection,
  evidence,
  FACTS,
  groupId,
  suppression,
  T0,
  T1,
  T2,
  verdict,
} from '../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { type DetectionChanges, ruleOf, summaryOf } from '../../support/detections.ts';
import { tries } from '../../support/effort.ts';
import { storeRows } from '../../support/storage/counts.ts';

let stores: MemoryStores;
beforeEach(() => {
  stores = memoryStores();
});

const insert = (number: number, changes: DetectionChanges = {}) =>
  stores.detections.insert(detection({ groupId: groupId(number), ...changes }));
const numberOf = (id: string) => Number.parseInt(id.slice(1, 32), 16);
const query = (changes: Partial<SortedQuery> = {}): SortedQuery => ({
  ...{ filter: {}, sort: 'average', limit: 1000, after: null },
  ...changes,
});
const byKey = (changes: Partial<KeyQuery> = {}): KeyQuery => ({
  ...{ filter: {}, sort: 'key', limit: 100, after: null },
  ...changes,
});
/** All pages from a query on. */
async function pagesFrom(first: DetectionQuery): Promise<DetectionPage[]> {
  const pages: DetectionPage[] = [];
  for (let next: DetectionQuery | null = first; next !== null; ) {
    const page: DetectionPage = await listDetections(stores, [], next);
    pages.push(page);
    next = page.next;
  }
  return pages;
}
const listed = async (changes: Partial<SortedQuery> = {}) =>
  (await listDetections(stores, [], query(changes))).detections.map(({ id }) => numberOf(id));
const SUMMARY = summaryOf(detection());
/** What the samples are as they are shown; `nextTry` is absent where it was. */
const DELIVERY = { ...delivery(), firstAt: '1970-01-01T00:00:00.0010000Z', at: '1970-01-01T00:00:00.0020000Z' };
const VERDICT = { ...verdict(), at: '2026-11-23T16:20:41.1230000Z' };

describe('listDetections(stores, sinks, query)', () => {
  it('of nothing is nothing', async () => {
    expect(await listDetections(stores, [], query())).toEqual({ detections: [], total: 0, next: null });
  });

  it('shows each by its id, with what became of its notifications and the verdict of it', async () => {
    const id = groupId(1);
    const version = (await stores.detections.mark(
      id,
      { sink: 'soc', delivery: delivery() },
      (await insert(1)) ?? '',
    )) as string;
    await stores.detections.recordVerdict(id, verdict(), version);
    expect(await listDetections(stores, ['soc', 'chat'], query())).toEqual({
      detections: [{ id, ...SUMMARY, deliveries: { soc: DELIVERY }, verdict: VERDICT }],
      total: 1,
      next: null,
    });
  });

  it.each<[(typeof SORTS)[number], number[]]>([
    ['average', [3, 1, 2, 4]],
    ['prevalence', [2, 4, 1, 3]],
    ['spread', [3, 2, 4, 1]],
    ['newest', [4, 1, 2, 3]],
  ])('sorts by %s, equals by average, then by id', async (sort, order) => {
    await insert(1, { average: 60, devices: 5, spread: 0.5, episode: T1 });
    await insert(2, { average: 50, devices: 1, spread: 0.1, episode: T1 });
    await insert(3, { average: 60.001, devices: 9, spread: 0, episode: T0 });
    await insert(4, { average: 50, devices: 1, spread: 0.1, episode: T2 });
    expect(await listed({ sort })).toEqual(order);
  });

  it('gives page after page what one page gives, in every order, whatever the size of the pages', async () => {
    const few = fc.nat(3);
    const any = fc.record({ average: few, devices: few, spread: few, episode: fc.constantFrom(T0, T1, T2) });
    const many = fc.array(any, { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(many, fc.integer({ min: 1, max: 8 }), fc.constantFrom(...SORTS), async (all, limit, sort) => {
        stores = memoryStores();
        for (const [n, each] of all.entries()) await insert(n, each);
        const whole = await listed({ sort });
        expect(new Set(whole).size).toBe(all.length);
        const paged: number[] = [];
        const pages = await pagesFrom(query({ sort, limit }));
        for (const [n, page] of pages.entries()) {
          expect(page.total).toBe(all.length);
          paged.push(...page.detections.map(({ id }) => numberOf(id)));
          if (n < pages.length - 1) expect(page.detections).toHaveLength(limit);
        }
        expect(paged).toEqual(whole);
      }),
      { numRuns: tries(25, 300) },
    );
  });

  it.each([5, 1000, 1999, 2000, 2001, 4007])(
    'of %d gives the first in order, and gives how many there are',
    async (count) => {
      // The highest stand neither first nor last.
      const order = (n: number) => (n * 7919) % count;
      for (let n = 0; n < count; n++) await insert(n, { average: order(n) });
      const { detections, total, next } = await listDetections(stores, [], query());
      expect([total, next === null]).toEqual([count, count <= 1000]);
      const wanted = Array.from({ length: Math.min(count, 1_000) }, (_, n) => count - 1 - n);
      expect(detections.map((each) => ruleOf(each).average)).toEqual(wanted);
    },
  );

  it.each<[DetectionFilter, number[]]>([
    [{}, [1, 2, 3, 4]],
    [{ state: 'new' }, [1]],
    [{ state: 'active' }, [1, 2]],
    [{ state: 'resolved' }, [3, 4]],
    [{ device: 'WKS-a' }, [1, 3]],
    [{ device: 'wks' }, []],
    [{ process: 'Curl.exe' }, [1, 2]],
    [{ device: 'wks-a', process: 'curl.exe' }, [1]],
    [{ remote: ipRangeOf('198.51.100.0/25') ?? undefined }, [1]],
    [{ remote: ipRangeOf('198.51.100.200') ?? undefined }, [2]],
    [{ severity: 'low' }, [2]],
    [{ source: 'sysmon' }, [4]],
    [{ suppressed: true }, [2]],
    [{ suppressed: false }, [1, 3, 4]],
    [{ verdict: 'false-positive' }, [3]],
    [{ verdict: 'acknowledged' }, []],
    [{ verdict: 'none' }, [1, 2, 4]],
    [{ since: T1 }, [1, 2]],
    [{ since: T2 }, [2]],
    [{ state: 'active', severity: 'high' }, [1]],
  ])('%o are those that fit', async (filter, wanted) => {
    const curl = { InitiatingProcessFileName: 'curl.exe' };
    const high = { severity: 'high' } as const;
    await insert(1, {
      average: 9,
      ...high,
      ...curl,
      state: 'new',
      DeviceName: 'wks-a',
      RemoteIP: '198.51.100.7',
      lastMatched: T1,
    });
    await insert(2, {
      average: 8,
      state: 'ongoing',
      severity: 'low',
      ...curl,
      RemoteIP: '198.51.100.200',
      suppressedBy: 's-1',
      lastMatched: T2,
    });
    const version = await insert(3, { average: 7, ...high, state: 'resolved', DeviceName: 'wks-A', lastMatched: T0 });
    await insert(4, { average: 6, ...high, state: 'resolved', source: 'sysmon', lastMatched: T0 });
    await stores.detections.recordVerdict(groupId(3), verdict(), version ?? '');
    expect(await listed({ filter })).toEqual(wanted);
    expect((await listDetections(stores, [], query({ filter, limit: 1 }))).total).toBe(wanted.length);
    for (const limit of [1, 3, 100]) {
      const pages = await pagesFrom(byKey({ filter, limit }));
      const ids = pages.flatMap(({ detections }) => detections.map(({ id }) => numberOf(id)));
      expect(ids).toEqual(wanted.toSorted());
    }
  });

  it('refuses to sort more than the bound, and sorts as many', async () => {
    for (let n = 0; n < 6; n++) await insert(n, { state: n < 3 ? 'new' : 'resolved' });
    await expect(listDetections(stores, [], query(), 5)).rejects.toThrow(QueryRefused);
    await expect(listDetections(stores, [], query({ sort: 'newest' }), 5)).rejects.toThrow(
      'sort=newest sorts at most 5 detections, and more fit the filter: narrow it, or use sort=key',
    );
    expect((await listDetections(stores, [], query(), 6)).total).toBe(6);
    expect((await listDetections(stores, [], query({ filter: { state: 'new' } }), 5)).total).toBe(3);
  });

  it('refuses a position that the store cannot read', async () => {
    const after = { partition: '', row: '' };
    await expect(listDetections(stores, [], byKey({ after }))).rejects.toThrow(QueryRefused);
  });
});

describe('listDetections(stores, sinks, query) by key', () => {
  it('gives a total where the first page is the last', async () => {
    for (let n = 0; n < 3; n++) await insert(n);
    const totals = async (limit: number) => (await pagesFrom(byKey({ limit }))).map(({ total }) => total);
    expect([await totals(100), await totals(3), await totals(2)]).toEqual([[3], [3], [null, null]]);
  });

  it('costs at most 3 requests and 300 rows a page of 100, also of very many detections and with any filter', async () => {
    const one = detection({ evidence: evidence(0) });
    const count = tries(10_000, 100_000);
    for (let n = 0; n < count; n++) {
      const state = n % 10 === 0 ? 'new' : 'resolved';
      const DeviceName = n % 7 === 0 ? 'WKS-1' : 'wks-2';
      await stores.detections.insert({ ...one, groupId: groupId(n), state, DeviceName });
    }
    let requests = 0;
    let rows = 0;
    const { summaryPage } = stores.detections;
    stores.detections.summaryPage = async (...args) => {
      const page = await summaryPage.apply(stores.detections, args);
      requests++;
      rows += page?.rows.length ?? 0;
      return page;
    };
    stores.detections.summaries = () => {
      throw new Error('reads all rows');
    };
    const filters: DetectionFilter[] = [
      ...[{}, { state: 'new' } as const, { state: 'active' } as const, { device: 'wks-1' }, { device: 'wks-2' }],
      ...[{ device: 'nobody' }, { verdict: 'none' } as const, { remote: ipRangeOf('198.51.100.0/25') ?? undefined }],
    ];
    for (const filter of filters) {
      let next: DetectionQuery | null = byKey({ filter });
      for (let page = 0; page < 4 && next !== null; page++) {
        [requests, rows] = [0, 0];
        const found: DetectionPage = await listDetections(stores, [], next);
        expect(requests).toBeLessThanOrEqual(3);
        expect(rows).toBeLessThanOrEqual(300);
        expect(found.detections.length).toBeLessThanOrEqual(100);
        next = found.next;
      }
      expect(next).not.toBeNull();
    }
  });
});

describe('testSuppression(stores, criteria, lookbackDays)', () => {
  const { id: _id, ...criteria } = suppression({ process: 'updater.exe', remote: '' });

  it('of nothing is nothing', async () => {
    expect(await testSuppression(stores, criteria, 3)).toEqual({ window: null, total: 0, detections: [] });
  });

  it('shows what fits and matched within the window of the newest run, active or not, whatever suppresses it', async () => {
    const late = { asOf: T2, lastMatched: T2 };
    await insert(1, { ...late, average: 50 });
    await insert(2, { ...late, average: 60, suppressedBy: 's-9', state: 'resolved' });
    await insert(3, { ...late, InitiatingProcessFileName: 'other.exe' });
    await insert(4, { asOf: T1, lastMatched: addMs(T2, -43_200_000) });
    await insert(5, { asOf: T1, lastMatched: addMs(T2, -43_199_999), average: 40 });
    const { window, total, detections } = await testSuppression(stores, criteria, 0.5);
    expect([window, total]).toEqual([{ after: addMs(T2, -43_200_000), asOf: T2 }, 3]);
    expect(detections.map(({ id }) => numberOf(id))).toEqual([2, 1, 5]);
  });
});

describe('getDetection(stores, id, lookbackDays)', () => {
  const id = groupId(1);

  it('is null where there is none', async () => {
    await insert(2);
    expect(await getDetection(stores, id, 3)).toBeNull();
    expect(await getDetection(stores, 'x', 3)).toBeNull();
  });

  it('is the detection, with its notifications', async () => {
    const version = await insert(1);
    await stores.detections.mark(id, { sink: 'soc', delivery: delivery() }, version ?? '');
    const view = { id, ...detection(), deliveries: { soc: DELIVERY }, verdict: null, latestReports: [] };
    const queries = { defender: defenderQuery(detection()), sentinel: sentinelQuery(detection()) };
    expect(await getDetection(stores, id, 3)).toEqual({ ...view, queries });
  });

  /** A detection with reports in the hours of these times. */
  const insertAt = (times: readonly Timestamp[]) => {
    const hours = times.map((time) => bin(time, '1h'));
    return insert(1, { asOf: T2, lastMatched: T2, hours: activityHoursOf(T2, hours, Array(times.length).fill(1)) });
  };

  it('has the newest ten reports of its window, newest first, with what is known of each', async () => {
    const times = Array.from({ length: 14 }, (_, n) => addMs(T1, n * 60_000));
    const outside = [addMs(T2, -259_200_000), addMs(T2, 1)];
    await insertAt([...outside, ...times]);
    const rows = [...times, ...outside].map((Timestamp, n) => contribution({ Timestamp, count: n, facts: FACTS }));
    await storeRows(stores.hourlyCounts, rows);
    await storeRows(stores.hourlyCounts, [contribution({ groupId: groupId(2), Timestamp: T2 })]);
    const reports = (await getDetection(stores, id, 0.5))?.latestReports;
    const wanted = times.map((Timestamp, count) => ({ Timestamp, count, ...FACTS }));
    expect(reports).toEqual(wanted.slice(-10).reverse());
  });

  it('is there however old it is', async () => {
    const old = { lastMatched: '2025-01-01T00:00:00.0000000Z' as Timestamp, state: 'resolved' } as const;
    await insert(1, { ...old, asOf: T2 });
    expect(await getDetection(stores, id, 3)).toMatchObject({ id, ...old });
    expect(await listed()).toEqual([1]);
  });

  it('has none from before the longer one of the windows of both detectors', async () => {
    const inside = addMs(T2, -71 * 3_600_000);
    const rows = [addMs(T2, -259_200_000), inside, T2, addMs(T2, 1)].map((Timestamp) => contribution({ Timestamp }));
    await insertAt([inside, T2]);
    await storeRows(stores.hourlyCounts, rows);
    const times = (await getDetection(stores, id, 0.5))?.latestReports.map(({ Timestamp }) => Timestamp);
    expect(times).toEqual([T2, inside]);
  });

  it('reads the four newest hours with reports, and no other', async () => {
    const times = Array.from({ length: 6 }, (_, n) => addMs(T2, (n - 5) * 3_600_000));
    await insertAt(times.toReversed());
    await storeRows(
      stores.hourlyCounts,
      times.map((Timestamp) => contribution({ Timestamp })),
    );
    const found = (await getDetection(stores, id, 0.5))?.latestReports.map(({ Timestamp }) => Timestamp);
    expect(found).toEqual(times.slice(-4).reverse());
  });
});
