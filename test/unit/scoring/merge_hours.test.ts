import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { bin } from '../../../src/core/kql/bin.ts';
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { addMs, type Timestamp } from '../../../src/core/kql/timestamp.ts';
import type { Contribution } from '../../../src/core/records/contribution.ts';
import { mergeHours } from '../../../src/scoring/merge_hours.ts';
import type { HourlyCounts } from '../../../src/storage/ports/hourly_counts.ts';
import { contribution, groupId, P3, T1 } from '../../contract/samples.ts';
import { MemoryHourlyCounts } from '../../fakes/hourly_counts.ts';
import { tries } from '../../support/effort.ts';
import { storeRows } from '../../support/storage/counts.ts';

/** A store, and what is read of it: hours and days. */
function watched() {
  const counts = new MemoryHourlyCounts();
  const hours = vi.spyOn(counts, 'hour');
  const days = vi.spyOn(counts, 'day');
  return {
    counts,
    hours: () => hours.mock.calls.map(([, hour]) => hour),
    days: () => days.mock.calls.map(([, day]) => day),
  };
}

const keyOf = ({ groupId: id, Timestamp, contribution: own }: Contribution) => `${id}|${Timestamp}|${own}`;
const keys = async (store: HourlyCounts, after: Timestamp, asOf: Timestamp, sortedRows?: number) =>
  (await Array.fromAsync(mergeHours(store, P3, { after, asOf }, sortedRows))).flat().map(keyOf);

describe('mergeHours(counts, partition, window)', () => {
  it('gives the rows of all hours that the window touches, in the order of scoring', async () => {
    const one = fc.record({ hour: fc.integer({ min: -12, max: 17 }), second: fc.nat(3599), group: fc.nat(6) });
    // Minutes, many of them at a full hour.
    const edge = fc
      .integer({ min: -14, max: 12 })
      .chain((hour) => fc.constantFrom(0, 0, 1, 59).map((minute) => hour * 60 + minute));
    await fc.assert(
      fc.asyncProperty(
        fc.array(one, { minLength: 20, maxLength: 90 }),
        edge,
        fc.nat(20 * 60).map((minutes) => minutes - (minutes % 3 ? 0 : minutes % 60)),
        fc.constantFrom(0, 8, undefined),
        async (all, from, minutes, sortedRows) => {
          const rows = all.map(({ hour, second, group }, n) =>
            contribution({
              groupId: groupId(group),
              Timestamp: addMs(T1, hour * HOUR_MS + second * 1000),
              contribution: n.toString(16).padStart(16, '0'),
            }),
          );
          const counts = new MemoryHourlyCounts();
          await storeRows(counts, [...rows, contribution({ groupId: `4${groupId(1).slice(1)}` })]);
          const after = addMs(T1, from * 60_000);
          const asOf = addMs(after, minutes * 60_000);
          const touched = rows.filter(
            ({ Timestamp }) => bin(Timestamp, '1h') >= bin(after, '1h') && bin(Timestamp, '1h') <= bin(asOf, '1h'),
          );
          expect(await keys(counts, after, asOf, sortedRows)).toEqual(touched.map(keyOf).sort());
        },
      ),
      { numRuns: tries(60, 2000) },
    );
  });

  it('reads a small day at once, and of a large one the hours of the window alone', async () => {
    const reads = watched();
    const at = (hours: number, n: number) =>
      contribution({ groupId: groupId(n), Timestamp: addMs(T1, hours * HOUR_MS + (n % 7) * 1000) });
    const rows = [-24, -10, -9, 0, 1, 2, 3].flatMap((hour) =>
      Array.from({ length: hour < 0 ? 3 : 700 }, (_, n) => at(hour, n)),
    );
    await storeRows(reads.counts, rows);
    const found = await keys(reads.counts, addMs(T1, -9 * HOUR_MS), addMs(T1, 2 * HOUR_MS), 2_000);
    const wanted = rows.filter(
      ({ Timestamp }) => Timestamp >= addMs(T1, -9 * HOUR_MS) && Timestamp < addMs(T1, 3 * HOUR_MS),
    );
    expect(found).toEqual(wanted.map(keyOf).sort());
    expect(reads.days()).toEqual(['2026-11-20']);
    expect(reads.hours().map((hour) => hour.slice(0, 13))).toEqual(
      Array.from({ length: 12 }, (_, hour) => `2026-11-20T${String(hour).padStart(2, '0')}`),
    );
  });

  it('reads nothing of days without a table, or outside the window', async () => {
    const reads = watched();
    for (const days of [-3, 0, 2])
      await storeRows(reads.counts, [contribution({ Timestamp: addMs(T1, days * 24 * HOUR_MS) })]);
    expect(await keys(reads.counts, addMs(T1, -48 * HOUR_MS), addMs(T1, 24 * HOUR_MS))).toHaveLength(1);
    expect([reads.days(), reads.hours()]).toEqual([['2026-11-20'], []]);
  });
});
