import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hour } from '../../../../src/core/kql/bin.ts';
import { HOUR_MS } from '../../../../src/core/kql/timespan.ts';
import { timestampFromMs } from '../../../../src/core/kql/timestamp.ts';
import { countedHoursOf, foldedCounts } from '../../../../src/core/scoring/folded_counts.ts';
import { spreadOf } from '../../../../src/core/scoring/spread.ts';
import { frozen } from '../records/records.ts';

const hourOf = (number: number) => timestampFromMs(number * HOUR_MS) as Hour;

/** Folds counts per clock hour; null is an hour without a report. */
function folded(perHour: readonly (number | null)[], flagged: readonly number[] = []): readonly number[] {
  const rows = perHour.flatMap((count, hour) => (count === null ? [] : [{ count, hour }]));
  return foldedCounts(
    frozen(rows.map(({ count }) => count)),
    frozen(rows.map(({ hour }) => (flagged.includes(hour) ? 1 : 0))),
    frozen(rows.map(({ hour }) => hourOf(hour))),
  );
}

/** Ordinary hours, so that the median is that of the beacon. */
const DAY = new Array<number>(24).fill(60);

describe('foldedCounts(counts, flags, hours)', () => {
  it.each<[string, (number | null)[], number[]]>([
    ['takes an empty hour and the doubled one after it as two', [60, null, 120, 60], [60, 60, 60, 60]],
    ['takes a doubled hour and the empty one after it as two', [60, 120, null, 60], [60, 60, 60, 60]],
    ['with ordinary hours between them too', [61, null, 60, 60, 118, 60], [61, 60, 60, 59, 59, 60]],
    ['takes them in turn', [60, null, 120, null, 120, 60, 120, null, 60], Array(9).fill(60)],
    ['keeps a doubled hour without an empty one', [60, 120, 60], [60, 120, 60]],
    ['keeps the second of two doubled hours', [60, null, 120, 120, 60], [60, 60, 60, 120, 60]],
    ['keeps an hour that is far more than doubled', [60, null, 200, 60, 60], [60, 200, 60, 60]],
    ['keeps a doubled hour beside several empty ones: the device was off', [60, null, null, 120, 60], [60, 120, 60]],
  ])('%s', (_what, perHour, expected) => {
    expect(folded([...perHour, ...DAY])).toEqual([...expected, ...DAY]);
  });

  it('omits what is flagged', () => {
    expect(folded([60, null, 120, 900, ...DAY], [3])).toEqual([60, 60, 60, ...DAY]);
    expect(folded([60, null, 120, 60, ...DAY], [2])).toEqual([60, 60, ...DAY]);
  });

  it('changes nothing where an hour has two counts, as with a point for each report, and of nothing makes nothing', () => {
    const hours = [hourOf(0), hourOf(2), hourOf(2), hourOf(3)];
    expect(foldedCounts([60, 120, 60, 60], [0, 0, 0, 0], hours)).toEqual([60, 120, 60, 60]);
    expect(foldedCounts([], [], [])).toEqual([]);
  });

  it('loses no connection and makes no series wider', () => {
    const perHour = fc.array(fc.option(fc.integer({ min: 1, max: 200 })), { minLength: 1, maxLength: 72 });
    fc.assert(
      fc.property(perHour, (counts) => {
        const known = counts.filter((count) => count !== null);
        const after = folded(counts);
        expect(after.reduce((sum, count) => sum + count, 0)).toBeCloseTo(known.reduce((sum, count) => sum + count, 0));
        expect(after.length - known.length).toBeLessThanOrEqual(counts.filter((count) => count === null).length);
      }),
    );
  });

  it('makes a beacon even whose reports fall around the full hour, and a person not', () => {
    // Report n at the full hour n, some minutes early or late.
    const early = Array.from({ length: 72 }, (_, n) => (n * 7919) % 5 < 2);
    const perHour = Array.from({ length: 72 }, (_, hour) => {
      const sum = (early[hour] ? 0 : 60) + (early[hour + 1] ? 60 : 0);
      return sum === 0 ? null : sum;
    });
    const of = (counts: readonly (number | null)[]) => {
      const known = counts.filter((count) => count !== null);
      const hours = counts.flatMap((count, hour) => (count === null ? [] : [hourOf(hour)]));
      const flags = known.map(() => 0);
      return [spreadOf(known, flags), spreadOf(known, flags, hours)] as const;
    };
    const [before, after] = of(perHour);
    expect(before).toBeGreaterThan(0.3);
    expect(after).toBeLessThan(0.15);
    const person = [12, 200, null, 90, 300, 45, null, null, 160, 30, 220, null, 75, 410, 20];
    expect(of(person)[1]).toBeGreaterThan(0.5);
  });
});

describe('countedHoursOf(key, hours)', () => {
  it('is the hours of reports, and null for raw events', () => {
    const key = { DeviceName: 'a', InitiatingProcessFileName: 'b', RemoteIP: '192.0.2.1' };
    expect(countedHoursOf({ ...key, source: 'defender' }, [hourOf(1)])).toEqual([hourOf(1)]);
    expect(countedHoursOf({ ...key, source: 'sysmon' }, [hourOf(1)])).toBeNull();
  });
});
