import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ACTIVITY_DAYS,
  ACTIVITY_HOURS,
  activeHoursOf,
  activityDaysOf,
  activityHoursOf,
} from '../../../../src/core/detections/activity.ts';
import { bin, type Hour } from '../../../../src/core/kql/bin.ts';
import { HOUR_MS } from '../../../../src/core/kql/timespan.ts';
import { addMs, type Timestamp, timestampOf } from '../../../../src/core/kql/timestamp.ts';

const NOON = timestampOf('2026-11-20T12:00:00Z')!;
const hoursBefore = (asOf: Timestamp, hours: number) => bin(addMs(asOf, -hours * HOUR_MS), '1h');
const nulls = (n: number) => new Array<null>(n).fill(null);

describe('activityHoursOf(asOf, countHours, counts)', () => {
  it('has the sums of the last 72 hours, null for an hour without a report', () => {
    const countHours = [hoursBefore(NOON, 73), hoursBefore(NOON, 72), hoursBefore(NOON, 1), hoursBefore(NOON, 1)];
    expect(activityHoursOf(NOON, countHours, [9, 1, 2, 3])).toEqual([1, ...nulls(70), 5]);
  });

  it('ends with the hour that has begun where the window does not end at a full hour', () => {
    const half = addMs(NOON, HOUR_MS / 2);
    expect(activityHoursOf(half, [hoursBefore(NOON, 72), NOON as Hour], [9, 5])).toEqual([...nulls(71), 5]);
  });
});

describe('activeHoursOf(detection)', () => {
  it('gives back the hours of the counts', () => {
    const asOf = fc.integer({ min: 0, max: 47 }).map((halves) => addMs(NOON, (halves * HOUR_MS) / 2));
    const back = fc.uniqueArray(fc.integer({ min: 1, max: 72 }), { minLength: 1 });
    fc.assert(
      fc.property(asOf, back, (end, ages) => {
        const full = bin(addMs(end, HOUR_MS - 1), '1h');
        const hours = ages.map((age) => hoursBefore(full, age)).sort();
        const activity = activityHoursOf(end, hours, new Array(hours.length).fill(1));
        expect(activity).toHaveLength(ACTIVITY_HOURS);
        expect(activeHoursOf({ hours: activity, lastMatched: end })).toEqual(hours);
      }),
    );
  });
});

describe('activityDaysOf(asOf, hours, before)', () => {
  const full = new Array<number>(ACTIVITY_HOURS).fill(10);

  it('has the days of the hours; the last is the day of the newest hour', () => {
    expect(activityDaysOf(NOON, full, null)).toEqual([...nulls(26), 120, 240, 240, 120]);
    const midnight = timestampOf('2026-11-21T00:00:00Z')!;
    expect(activityDaysOf(midnight, full, null)).toEqual([...nulls(27), 240, 240, 240]);
  });

  it('keeps what has left the window, over a pause too', () => {
    const before = { days: activityDaysOf(NOON, full, null), asOf: NOON };
    const later = addMs(NOON, 5 * 24 * HOUR_MS);
    expect(activityDaysOf(later, [...nulls(71), 7], before)).toEqual([
      ...nulls(21),
      120,
      240,
      240,
      120,
      ...nulls(4),
      7,
    ]);
    expect(activityDaysOf(addMs(NOON, 40 * 24 * HOUR_MS), nulls(72), before)).toEqual(nulls(ACTIVITY_DAYS));
  });

  it('by hourly runs ends with the whole sum of each day', () => {
    let known: { days: readonly (number | null)[]; asOf: Timestamp } | null = null;
    for (let hour = 1; hour <= 6 * 24; hour++) {
      const asOf = addMs(timestampOf('2026-11-10T00:00:00Z')!, hour * HOUR_MS);
      const hours = Array.from({ length: ACTIVITY_HOURS }, (_, n) => (hour - ACTIVITY_HOURS + n < 0 ? null : 10));
      known = { days: activityDaysOf(asOf, hours, known), asOf };
    }
    expect(known?.days).toEqual([...nulls(24), ...new Array(6).fill(240)]);
  });
});
