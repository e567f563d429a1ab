import { describe, expect, it } from 'vitest';
import { bin } from '../../../../src/core/kql/bin.ts';
import { timestampOf } from '../../../../src/core/kql/timestamp.ts';
import { isOfWindow, isWithin, windowOf } from '../../../../src/core/scoring/window.ts';

const at = (text: string) => timestampOf(text)!;

describe("bin(timestamp, '1h')", () => {
  it.each([
    ['2026-11-20T08:00:00Z', '2026-11-20T08:00:00.0000000Z'],
    ['2026-11-20T08:59:59.9999999Z', '2026-11-20T08:00:00.0000000Z'],
    ['2026-11-20T09:00:00.0000001Z', '2026-11-20T09:00:00.0000000Z'],
    ['2026-11-20T09:30:00+05:30', '2026-11-20T04:00:00.0000000Z'],
    ['1969-12-31T23:59:59.9999999Z', '1969-12-31T23:00:00.0000000Z'],
  ])('floors %s to the UTC hour', (instant, hour) => {
    expect(bin(at(instant), '1h')).toBe(hour);
  });
});

describe('windowOf(asOf, lookbackDays)', () => {
  it.each([
    [3, '2026-11-17T12:00:00.0000000Z'],
    [1, '2026-11-19T12:00:00.0000000Z'],
    [0.5, '2026-11-20T00:00:00.0000000Z'],
    [1 / 24, '2026-11-20T11:00:00.0000000Z'],
    [0.1, '2026-11-20T09:36:00.0000000Z'],
    [1 / 86_400, '2026-11-20T11:59:59.0000000Z'],
    // As doubles a hair less and a hair more than so many seconds.
    [0.7, '2026-11-19T19:12:00.0000000Z'],
    [1.1, '2026-11-19T09:36:00.0000000Z'],
    [0.3333333, '2026-11-20T04:00:00.0000000Z'],
    [0.4 / 86_400, '2026-11-20T12:00:00.0000000Z'],
  ])('begins %d days before asOf', (days, after) => {
    const asOf = at('2026-11-20T12:00:00Z');
    expect(windowOf(asOf, days)).toEqual({ after, asOf });
  });

  it('keeps the ticks of asOf', () => {
    expect(windowOf(at('2026-11-20T12:00:00.1234567Z'), 3).after).toBe('2026-11-17T12:00:00.1234567Z');
  });

  it('is three times 24 hours where the clocks of the machine change', () => {
    expect(windowOf(at('2026-11-02T12:00:00Z'), 3).after).toBe('2026-10-30T12:00:00.0000000Z');
    expect(windowOf(at('2026-03-09T12:00:00Z'), 3).after).toBe('2026-03-06T12:00:00.0000000Z');
  });
});

describe('isWithin(timestamp, window)', () => {
  const window = Object.freeze(windowOf(at('2026-11-20T12:00:00Z'), 3));

  it.each([
    ['2026-11-17T11:59:59.9999999Z', false],
    ['2026-11-17T12:00:00Z', false],
    ['2026-11-17T12:00:00.0000001Z', true],
    ['2026-11-19T00:00:00Z', true],
    ['2026-11-20T12:00:00Z', true],
    ['2026-11-20T12:00:00.0000001Z', false],
  ])('%s: %s, since the window is (after, asOf]', (instant, within) => {
    expect(isWithin(at(instant), window)).toBe(within);
  });
});

describe('isOfWindow(contribution, window)', () => {
  const window = windowOf(at('2026-11-20T12:00:00Z'), 3);

  it.each([
    ['2026-11-17T11:00:00Z', false],
    ['2026-11-17T12:00:00Z', true],
    ['2026-11-20T11:00:00Z', true],
    ['2026-11-20T12:00:00Z', false],
  ])('takes an hour of raw events by its start, %s: %s', (hour, inside) => {
    expect(isOfWindow({ source: 'sysmon', Timestamp: at(hour) }, window)).toBe(inside);
  });

  it('takes a report by its own time', () => {
    for (const time of ['2026-11-17T12:00:00Z', '2026-11-20T12:00:00Z']) {
      const contribution = { source: 'defender', Timestamp: at(time) } as const;
      expect(isOfWindow(contribution, window)).toBe(isWithin(at(time), window));
    }
  });
});
