import { describe, expect, it } from 'vitest';
import type { Timestamp } from '../../../../src/core/kql/timestamp.ts';
import { type Day, dayOf, endOf, hoursOfDay, isDay, startOf } from '../../../../src/core/records/day.ts';

const LEAP = '2028-02-29' as Day;

describe('a UTC day', () => {
  it('dayOf(time) is the day that holds the instant, from its first tick to its last', () => {
    for (const time of ['T00:00:00.0000000Z', 'T23:59:59.9999999Z'])
      expect(dayOf(`${LEAP}${time}` as Timestamp)).toBe(LEAP);
  });

  it('begins at midnight and ends at the next midnight', () => {
    expect([startOf(LEAP), endOf(LEAP)]).toEqual(['2028-02-29T00:00:00.0000000Z', '2028-03-01T00:00:00.0000000Z']);
  });

  it('has 24 hours, whatever the time zone of the machine', () => {
    const hours = hoursOfDay('2026-11-01' as Day);
    expect(hours).toHaveLength(24);
    expect([hours[0], hours[2], hours[23]]).toEqual([
      '2026-11-01T00:00:00.0000000Z',
      '2026-11-01T02:00:00.0000000Z',
      '2026-11-01T23:00:00.0000000Z',
    ]);
  });

  it.each(['2026-11-31', '2027-02-29', '2026-13-01', '2026-11-2', 'undefined', ''])('isDay(%j) is false', (text) => {
    expect(isDay(text)).toBe(false);
  });
  it('isDay of a day is true', () => expect(isDay(LEAP)).toBe(true));
});
