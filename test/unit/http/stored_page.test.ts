import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ACTIVITY_DAYS,
  ACTIVITY_HOURS,
  activityDaysOf,
  activityHoursOf,
} from '../../../src/core/detections/activity.ts';
import { bin } from '../../../src/core/kql/bin.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { addMs, msOf, type Timestamp } from '../../../src/core/kql/timestamp.ts';
import { shifted } from '../../../src/http/stored_page.ts';

const END = '2026-11-29T00:00:00.0000000Z' as Timestamp;

describe('shifted(sums, from, to)', () => {
  it('leaves what came after the row unknown', () => {
    const hour = (hours: number) => addMs(END, hours * HOUR_MS);
    expect(shifted([1, null, 3], END, END, HOUR_MS)).toEqual([1, null, 3]);
    expect(shifted([1, null, 3], END, hour(1), HOUR_MS)).toEqual([null, 3, null]);
    expect(shifted([1, null, 3], END, hour(9), HOUR_MS)).toEqual([null, null, null]);
    // A neighbour that went on, on the page of one that was resolved.
    expect(shifted([1, null, 3], END, hour(-1), HOUR_MS)).toEqual([null, 1, null]);
  });

  it('keeps the count of each hour and day in the cell of that hour and day', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(200), { minLength: 1, maxLength: 30 }),
        fc.nat(200),
        fc.nat(59),
        (hoursAgo, later, minutes) => {
          const from = addMs(END, minutes * 60_000);
          const to = addMs(from, later * HOUR_MS);
          const hours = [...new Set(hoursAgo)].map((ago) => bin(addMs(from, -1 - ago * HOUR_MS), '1h'));
          const counts = hours.map((_hour, index) => index + 1);
          const then = activityHoursOf(from, hours, counts);
          const now = shifted(then, from, to, HOUR_MS);
          const days = shifted(activityDaysOf(from, then, null), from, to, DAY_MS);
          for (const [index, hour] of hours.entries()) {
            const agoOf = (at: Timestamp, stepMs: number) =>
              Math.floor((msOf(at) - 1) / stepMs) - Math.floor(msOf(hour) / stepMs);
            const cell = ACTIVITY_HOURS - 1 - agoOf(to, HOUR_MS);
            const wasKnown = agoOf(from, HOUR_MS) < ACTIVITY_HOURS;
            if (cell >= 0 && wasKnown) expect([hour, now[cell]]).toEqual([hour, counts[index]]);
            const day = ACTIVITY_DAYS - 1 - agoOf(to, DAY_MS);
            if (day >= 0 && wasKnown) expect(days[day] ?? 0).toBeGreaterThanOrEqual(counts[index] ?? 0);
          }
          expect(now.filter((count) => count !== null).length).toBeLessThanOrEqual(hours.length);
        },
      ),
    );
  });
});
