import { describe, expect, it } from 'vitest';
import { bin } from '../../../../src/core/kql/bin.ts';
import { HOUR_MS } from '../../../../src/core/kql/timespan.ts';
import { addMs, type Timestamp } from '../../../../src/core/kql/timestamp.ts';
import { dayOf } from '../../../../src/core/records/day.ts';
import { KQL_RULE } from '../../../../src/core/scoring/rule.ts';
import { TouchedEntries } from '../../../../src/ingest/touched_entries.ts';
import { scorePartition } from '../../../../src/scoring/score_windows.ts';
import type { ContributionRow, Touched, TouchedEntry } from '../../../../src/storage/ports/hourly_counts.ts';
import type { Stores } from '../../../../src/storage/ports/stores.ts';
import { contribution, groupId, P3 } from '../../../contract/samples.ts';
import { type MemoryStores, memoryStores } from '../../../fakes/stores.ts';
import { at } from '../../../support/scoring/count_world.ts';

/** A sixteenth of 250 devices with 18 groups each; every group reports each hour. */
const GROUPS = (250 * 18) / 16;
/** A hundredth of the reports is late by up to three days. */
const LATE_SHARE = 0.01;
/** Segments that bring the rows of an hour. */
const SEGMENTS = 4;
const HOURS = 76;

/** The rows that arrive in an hour: most of them of the hour before. */
function arriving(hour: number): ContributionRow[] {
  return Array.from({ length: Math.round(GROUPS) }, (_, number) => {
    const isLate = (number * 7 + hour * 31) % (1 / LATE_SHARE) === 0;
    const of = hour - 1 - (isLate ? (number * 13 + hour) % 70 : 0);
    return contribution({
      groupId: groupId(number),
      DeviceName: `wks-${number % 16}`,
      Timestamp: addMs(at(of), (number % 3600) * 1000),
      contribution: (hour * 100_000 + number).toString(16).padStart(16, '0'),
      count: 1 + (number % 40),
    });
  });
}

/** As ingest writes them: in transactions, each with its entries. */
async function write({ hourlyCounts }: Stores, rows: readonly ContributionRow[], hour: number): Promise<void> {
  const segments = Array.from({ length: SEGMENTS }, (_, n) => {
    const segmentId = (hour * SEGMENTS + n).toString(16).padStart(32, '0');
    return {
      touched: new TouchedEntries(segmentId, bin(at(hour - 2), '1h')),
      rows: rows.filter((_row, place) => place % SEGMENTS === n),
    };
  });
  for (const { touched, rows: some } of segments) {
    for (const [day, ofDay] of Map.groupBy(some, ({ Timestamp }) => dayOf(Timestamp))) {
      for (let start = 0; start < ofDay.length; start += 50) {
        const batch = ofDay.slice(start, start + 50);
        const entries = new Map(
          batch.map((row): [string, Touched] => [JSON.stringify(touched.of(row)), touched.of(row)]),
        );
        await hourlyCounts.merge(P3, day, batch, [...entries.values()], { mayCreate: true });
      }
    }
  }
}

interface Counted {
  requests: number;
  rows: number;
}

/** The same stores: each call is a request, and each page of a listing. An entry is removed by a request of its own. */
function counting(stores: MemoryStores, count: Counted): Stores {
  const ports = Object.entries(stores).map(([name, port]) => {
    const counted = new Proxy(port as object, {
      get(target, key) {
        const call: unknown = Reflect.get(target, key);
        if (typeof call !== 'function') return call;
        return (...given: unknown[]) => {
          const answer: unknown = Reflect.apply(call, target, given);
          count.requests += key === 'settle' && name === 'hourlyCounts' ? (given[2] as TouchedEntry[]).length : 1;
          const isRows = name === 'hourlyCounts' && ['hour', 'day', 'ofGroup'].includes(String(key));
          return isIterable(answer) ? countedPages(answer, count, isRows) : answer;
        };
      },
    });
    return [name, counted];
  });
  return Object.fromEntries(ports) as Stores;
}

async function* countedPages(pages: AsyncIterable<readonly unknown[]>, count: Counted, isRows: boolean) {
  let number = 0;
  for await (const page of pages) {
    if (number++ > 0) count.requests++;
    if (isRows) count.rows += page.length;
    yield page;
  }
}

function isIterable(value: unknown): value is AsyncIterable<readonly unknown[]> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

describe('a run at 250 devices', () => {
  it('with nothing new reads no row, and a usual one a twentieth of a scan with at most 60 requests', async () => {
    const stores = memoryStores({ clock: () => 0 });
    const settings = { rule: KQL_RULE, technique: null, retentionDays: 4, historyDays: 90 };
    const run = async (hour: number) => {
      const count: Counted = { requests: 0, rows: 0 };
      const asOf: Timestamp = at(hour);
      const message = { partition: P3, asOf, oldestUnreadMs: 0, newestReport: asOf } as const;
      const now = Date.UTC(2026, 10, 20) + (hour + 0.75) * HOUR_MS;
      await scorePartition(counting(stores, count), settings, [], message, () => now);
      return count;
    };
    for (let hour = 1; hour < HOURS - 1; hour++) await write(stores, arriving(hour), hour);
    await run(HOURS - 2);
    await write(stores, arriving(HOURS - 1), HOURS - 1);
    await run(HOURS - 1);

    const quiet = await run(HOURS - 1);
    expect(quiet.rows).toBe(0);
    await write(stores, arriving(HOURS), HOURS);
    const usual = await run(HOURS);
    const scanned = 72 * GROUPS;
    expect(usual.rows).toBeGreaterThanOrEqual(GROUPS - 5);
    expect(usual.rows).toBeLessThanOrEqual(scanned / 20);
    expect(usual.requests).toBeLessThanOrEqual(60);
    expect(quiet.requests).toBeLessThanOrEqual(30);
  });
});
