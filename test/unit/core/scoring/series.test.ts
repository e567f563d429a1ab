import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timestampFromMs, timestampOf } from '../../../../src/core/kql/timestamp.ts';
import { type Grain, MAX_POINTS, type Series, SeriesBuilder } from '../../../../src/core/scoring/series.ts';

type Row = readonly [time: string, count: number | null];

function built(grain: Grain, rows: readonly Row[]): Series {
  const builder = new SeriesBuilder(grain);
  for (const [time, count] of rows) builder.add(timestampOf(`2026-11-20T${time}Z`)!, count);
  return builder.build();
}

const hour = (hours: number) => `2026-11-20T${String(hours).padStart(2, '0')}:00:00.0000000Z`;

const ROWS: readonly Row[] = Object.freeze([
  ['08:10:00', 10],
  ['08:10:00', 7],
  ['08:59:59.9999999', null],
  ['09:00:00', null],
  ['09:30:00', null],
  ['11:05:00', null],
  ['11:06:00', 0],
  ['23:00:00', -3],
]);

describe('SeriesBuilder', () => {
  it('in grain hour sums the reports of a clock hour; an hour of nulls alone counts in Timestamp, not in ConnCounts', () => {
    expect(built('hour', ROWS)).toEqual({
      Timestamp: [hour(8), hour(9), hour(11), hour(23)],
      ConnCounts: [17, 0, -3],
      countHours: [hour(8), hour(11), hour(23)],
      dropped: 0,
    });
  });

  it('in grain report makes each report a point, and skips nulls as make_list does', () => {
    expect(built('report', ROWS)).toEqual({
      Timestamp: [8, 8, 8, 9, 9, 11, 11, 23].map(hour),
      ConnCounts: [10, 7, 0, -3],
      countHours: [8, 8, 11, 23].map(hour),
      dropped: 0,
    });
  });

  it('of nothing makes an empty series', () => {
    const nothing = { Timestamp: [], ConnCounts: [], countHours: [], dropped: 0 };
    expect(built('hour', [])).toEqual(nothing);
    expect(built('report', [])).toEqual(nothing);
  });

  it('does not take the same clock hour of another day for the same hour', () => {
    const builder = new SeriesBuilder('hour');
    for (const day of ['19', '20']) builder.add(timestampOf(`2026-11-${day}T08:30:00Z`)!, 5);
    expect(builder.build().ConnCounts).toEqual([5, 5]);
  });

  it('agrees with grouping by hand, in both grains', () => {
    const row = fc.tuple(fc.nat(6 * 3_600_000), fc.option(fc.nat(100)));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), (unsorted) => {
        const rows = unsorted
          .toSorted(([a], [b]) => a - b)
          .map(([ms, count]) => ({ hour: Math.floor(ms / 3_600_000), ms, count }));
        const of = (grain: Grain) => {
          const builder = new SeriesBuilder(grain);
          for (const { ms, count } of rows) builder.add(timestampFromMs(ms), count);
          return builder.build();
        };
        const textOf = (hours: number) => timestampFromMs(hours * 3_600_000);
        const known = rows.filter(({ count }) => count !== null);
        expect(of('report').Timestamp).toEqual(rows.map((each) => textOf(each.hour)));
        expect(of('report').ConnCounts).toEqual(known.map(({ count }) => count));
        const byHour = Map.groupBy(known, (each) => each.hour);
        expect(of('hour').Timestamp).toEqual([...new Set(rows.map((each) => each.hour))].map(textOf));
        expect(of('hour').countHours).toEqual([...byHour.keys()].map(textOf));
        expect(of('hour').ConnCounts).toEqual(
          [...byHour.values()].map((each) => each.reduce((sum, { count }) => sum + count!, 0)),
        );
      }),
    );
  });

  it.each([
    [MAX_POINTS, 0],
    [MAX_POINTS + 1, 1],
    [2 * MAX_POINTS - 1, MAX_POINTS - 1],
    [2 * MAX_POINTS, MAX_POINTS],
    [3 * MAX_POINTS + 7, 2 * MAX_POINTS + 7],
  ])('of %d reports keeps the newest 10,000 and says that %d were dropped', (reports, dropped) => {
    const builder = new SeriesBuilder('report');
    for (let i = 0; i < reports; i++) builder.add(timestampFromMs(i * 1000), i % 10 === 0 ? null : i);
    const series = builder.build();
    expect(MAX_POINTS).toBe(10_000);
    expect(series.dropped).toBe(dropped);
    expect(series.Timestamp).toHaveLength(MAX_POINTS);
    expect(series.Timestamp.at(-1)).toBe(timestampFromMs(Math.floor((reports - 1) / 3600) * 3_600_000));
    const kept = Array.from({ length: MAX_POINTS }, (_, i) => dropped + i).filter((i) => i % 10 !== 0);
    expect(series.ConnCounts).toEqual(kept);
    expect(series.countHours).toHaveLength(kept.length);
    expect(series.countHours[0]).toBe(timestampFromMs(Math.floor(kept[0]! / 3600) * 3_600_000));
  });
});
