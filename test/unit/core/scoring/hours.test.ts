import { describe, expect, it } from 'vitest';
import { bin } from '../../../../src/core/kql/bin.ts';
import { timestampOf } from '../../../../src/core/kql/timestamp.ts';
import { countsByHour, hoursOf, isAtStart } from '../../../../src/core/scoring/hours.ts';
import { windowOf } from '../../../../src/core/scoring/window.ts';
import { frozen } from '../records/records.ts';

const window = (asOf: string, days: number) => frozen(windowOf(timestampOf(asOf)!, days));
const hour = (text: string) => bin(timestampOf(text)!, '1h');

describe('hoursOf(window)', () => {
  it('is 72 hours for three days up to a full hour', () => {
    const hours = hoursOf(window('2026-11-20T12:00:00Z', 3));
    expect(hours).toHaveLength(72);
    expect(hours[0]).toBe('2026-11-17T12:00:00.0000000Z');
    expect(hours.at(-1)).toBe('2026-11-20T11:00:00.0000000Z');
  });

  it('is 73 where the window begins and ends within an hour', () => {
    const hours = hoursOf(window('2026-11-20T12:30:00Z', 3));
    expect(hours).toHaveLength(73);
    expect(hours[0]).toBe('2026-11-17T12:00:00.0000000Z');
    expect(hours.at(-1)).toBe('2026-11-20T12:00:00.0000000Z');
  });

  it('begins with an hour of which the window holds a single tick', () => {
    const hours = hoursOf(window('2026-11-20T12:59:59.9999998Z', 3));
    expect(hours).toHaveLength(73);
    expect(hours[0]).toBe('2026-11-17T12:00:00.0000000Z');
  });

  it('goes by UTC through the night in which the clocks of the machine change', () => {
    expect(hoursOf(window('2026-11-02T00:00:00Z', 2))).toHaveLength(48);
    expect(hoursOf(window('2026-03-09T00:00:00Z', 2))).toHaveLength(48);
  });

  it('of two windows that share an end are different', () => {
    const [three, two] = [window('2026-11-20T12:00:00Z', 3), window('2026-11-20T12:00:00Z', 2)];
    const longer = { ...three, asOf: timestampOf('2026-11-20T13:00:00Z')! };
    expect([three, two, longer, three].map((each) => hoursOf(each).length)).toEqual([72, 48, 73, 72]);
  });

  it('of a window within one hour is that hour', () => {
    expect(hoursOf(window('2026-11-20T12:30:00Z', 1 / 1440))).toEqual(['2026-11-20T12:00:00.0000000Z']);
  });
});

describe('isAtStart(hour, window)', () => {
  it.each([
    ['2026-11-20T12:00:00Z', '2026-11-17T12:00:00Z', true],
    ['2026-11-20T12:00:00Z', '2026-11-17T13:00:00Z', false],
    // The hour of which the window holds a part is called by its start.
    ['2026-11-20T12:30:00Z', '2026-11-17T12:00:00Z', true],
    ['2026-11-20T12:30:00Z', '2026-11-17T13:00:00Z', false],
  ])('of three days up to %s, %s: %s', (asOf, text, is) => {
    expect(isAtStart(hour(text), window(asOf, 3))).toBe(is);
  });
});

describe('countsByHour(window, countHours, counts)', () => {
  it('sums by clock hour, null for an hour without, and passes over what the window does not show', () => {
    const hours = ['07:00', '08:00', '08:59', '10:00', '12:00'].map((time) => hour(`2026-11-20T${time}:00Z`));
    expect(
      countsByHour(window('2026-11-20T12:00:00Z', 0.25), Object.freeze(hours), Object.freeze([1, 2, 3, 0, 5])),
    ).toEqual([null, 1, 5, null, 0, null]);
  });
});
