import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addMs, isTimestamp, msOf, timestampFromMs, timestampOf } from '../../../../src/core/kql/timestamp.ts';

const TICKS_PER_MS = 10_000n;
const TICKS_PER_DAY = 864_000_000_000n;

/** 100 ns ticks since 1970, by the civil calendar's arithmetic: what the text says, nothing borrowed. */
function ticksOf(text: string): bigint {
  const [, year, month, day, hour, minute, second, fraction] = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d{7})Z$/
    .exec(text)!
    .map((part) => (/^\d+$/.test(part) ? BigInt(part) : 0n)) as bigint[];
  // Years that begin in March, so that the leap day is the last of its year.
  const shifted = month! > 2n ? year! : year! - 1n;
  const dayOfYear = (153n * (month! > 2n ? month! - 3n : month! + 9n) + 2n) / 5n + day! - 1n;
  const floor4 = (n: bigint, by: bigint) => (n - (((n % by) + by) % by)) / by;
  const days =
    365n * shifted + floor4(shifted, 4n) - floor4(shifted, 100n) + floor4(shifted, 400n) + dayOfYear - 719_468n;
  return days * TICKS_PER_DAY + ((hour! * 60n + minute!) * 60n + second!) * 10_000_000n + fraction!;
}

/** Anything between the years 0 and 9999, near the edges and near 1970 more often. */
const ms = fc.oneof(
  fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }),
  fc.integer({ min: -1e12, max: 2e12 }),
);

describe('timestampOf(text)', () => {
  it.each([
    ['2026-11-20T08:59:58Z', '2026-11-20T08:59:58.0000000Z'],
    ['2026-11-20T08:59:58.9Z', '2026-11-20T08:59:58.9000000Z'],
    ['2026-11-20T08:59:58.99Z', '2026-11-20T08:59:58.9900000Z'],
    ['2026-11-20T08:59:58.993Z', '2026-11-20T08:59:58.9930000Z'],
    ['2026-11-20T08:59:58.9931Z', '2026-11-20T08:59:58.9931000Z'],
    ['2026-11-20T08:59:58.99310Z', '2026-11-20T08:59:58.9931000Z'],
    ['2026-11-20T08:59:58.000001Z', '2026-11-20T08:59:58.0000010Z'],
    ['2026-11-20T08:59:58.1234567Z', '2026-11-20T08:59:58.1234567Z'],
  ])('reads 0 to 7 fraction digits: %s', (text, canonical) => {
    expect(timestampOf(text)).toBe(canonical);
  });

  it.each([
    ['2026-11-20T08:59:58', '2026-11-20T08:59:58.0000000Z'],
    ['2026-11-20 08:59:58.5', '2026-11-20T08:59:58.5000000Z'],
    ['2026-11-20T08:59:58.5z', '2026-11-20T08:59:58.5000000Z'],
    ['2026-11-20T08:59:58.1234567+01:00', '2026-11-20T07:59:58.1234567Z'],
    ['2026-11-20T08:59:58+01:59', '2026-11-20T07:00:58.0000000Z'],
    ['2026-11-20T08:59:58-05:30', '2026-11-20T14:29:58.0000000Z'],
    ['2026-11-20T00:15:00+14:00', '2026-11-19T10:15:00.0000000Z'],
    ['2026-12-31T23:30:00-00:30', '2027-01-01T00:00:00.0000000Z'],
    ['2026-11-20T08:59:58-00:00', '2026-11-20T08:59:58.0000000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.0000000Z'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.0000000Z'],
    ['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.9999999Z'],
    // The hour that Los Angeles, where the tests run, does not have.
    ['2026-03-08T02:30:00Z', '2026-03-08T02:30:00.0000000Z'],
  ])('is UTC, whatever the zone of the text or of the machine: %s', (text, canonical) => {
    expect(timestampOf(text)).toBe(canonical);
  });

  it.each([
    '',
    ' 2026-11-20T08:59:58Z',
    '2026-11-20T08:59:58Z\n',
    '2026-11-20',
    '2026-11-20T08:59Z',
    '2026-11-20T08:59:58.Z',
    '2026-11-20T08:59:58.12345678Z',
    '2026-11-20T08:59:58+15:00',
    '2026-11-20T08:59:58+01:60',
    '2026-11-20T08:59:58+0100',
    '2026-11-20T08:59:58 Z',
    '2026-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-00T00:00:00Z',
    '2026-11-20T24:00:00Z',
    '9999-12-31T24:00:00Z',
    '2026-11-20T25:00:00Z',
    '2026-11-20T08:60:00Z',
    '2026-11-20T08:59:60Z',
    '+002026-11-20T08:59:58Z',
    '26-11-20T08:59:58Z',
    '11/20/2026 8:59:58 AM',
    '1795165198',
    '0000-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '٢٠٢٦-11-20T08:59:58Z',
  ])('is null where the text is no instant, to the second or to the tick: %j', (text) => {
    expect(timestampOf(text)).toBeNull();
    expect(timestampOf(text.replace(/(?<=:\d\d)Z$/, '.0000000Z'))).toBeNull();
  });

  it('is in string order what the instants are in time order, to the tick', () => {
    const instant = fc.tuple(ms, fc.nat(9_999)).map(([at, ticks]) => {
      const text = new Date(at).toISOString();
      return `${text.slice(0, -1)}${String(ticks).padStart(4, '0')}Z`;
    });
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        const [first, second] = [timestampOf(a)!, timestampOf(b)!];
        expect(first).toBe(a);
        const byTicks = ticksOf(a) - ticksOf(b);
        expect(first < second ? -1 : first > second ? 1 : 0).toBe(byTicks < 0n ? -1 : byTicks > 0n ? 1 : 0);
      }),
      { numRuns: 2000 },
    );
  });

  it('moves a zone by exactly its offset', () => {
    const offset = fc.tuple(fc.constantFrom('+', '-'), fc.nat(14), fc.nat(59));
    fc.assert(
      fc.property(fc.integer({ min: -6e13, max: 2.5e14 }), offset, (at, [sign, hours, minutes]) => {
        const zone = `${sign}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
        const local = new Date(at).toISOString().slice(0, -1);
        const moved = BigInt(hours * 60 + minutes) * 600_000_000n * (sign === '-' ? -1n : 1n);
        expect(ticksOf(timestampOf(`${local}${zone}`)!)).toBe(BigInt(at) * TICKS_PER_MS - moved);
      }),
    );
  });
});

describe('isTimestamp(text)', () => {
  it.each([
    ['2026-11-20T08:59:58.9931000Z', true],
    ['2026-11-20T08:59:58.9931Z', false],
    ['2026-11-20 08:59:58.9931000Z', false],
    ['2026-11-20T08:59:58.9931000+00:00', false],
    ['2026-02-30T08:59:58.9931000Z', false],
    ['', false],
  ])('is whether %j is what timestampOf writes: %s', (text, answer) => {
    expect(isTimestamp(text)).toBe(answer);
  });
});

describe('timestampFromMs(ms)', () => {
  it('is the instant, and msOf takes it back', () => {
    fc.assert(
      fc.property(ms, (at) => {
        const timestamp = timestampFromMs(at);
        expect(isTimestamp(timestamp)).toBe(true);
        expect(ticksOf(timestamp)).toBe(BigInt(at) * TICKS_PER_MS);
        expect(msOf(timestamp)).toBe(at);
      }),
    );
  });

  it('reaches from the first millisecond of the year 0 to the last of 9999', () => {
    expect(timestampFromMs(-62_167_219_200_000)).toBe('0000-01-01T00:00:00.0000000Z');
    expect(timestampFromMs(253_402_300_799_999)).toBe('9999-12-31T23:59:59.9990000Z');
  });

  it.each([-62_167_219_200_001, 253_402_300_800_000, 8.64e15 + 1, Number.NaN, Number.POSITIVE_INFINITY])(
    'throws a RangeError outside the years 0 to 9999: %d',
    (at) => {
      expect(() => timestampFromMs(at)).toThrow(
        new RangeError(`not an instant between the years 0 and 9999: ${at} ms`),
      );
    },
  );
});

describe('addMs(timestamp, ms)', () => {
  it('keeps the ticks below a millisecond', () => {
    expect(addMs(timestampOf('2026-11-20T23:59:59.9991234Z')!, 1)).toBe('2026-11-21T00:00:00.0001234Z');
    expect(addMs(timestampOf('2026-11-20T00:00:00.0001234Z')!, -1)).toBe('2026-11-19T23:59:59.9991234Z');
  });

  it('moves by exactly that number of ticks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -5e13, max: 2e14 }),
        fc.nat(9_999),
        fc.integer({ min: -1e12, max: 1e12 }),
        (at, ticks, by) => {
          const from = timestampOf(`${new Date(at).toISOString().slice(0, -1)}${String(ticks).padStart(4, '0')}Z`)!;
          expect(ticksOf(addMs(from, by))).toBe(ticksOf(from) + BigInt(by) * TICKS_PER_MS);
        },
      ),
    );
  });
});

describe('msOf(timestamp)', () => {
  it('cuts off ticks below a millisecond', () => {
    expect(msOf(timestampOf('1970-01-01T00:00:01.2349999Z')!)).toBe(1234);
  });
});
