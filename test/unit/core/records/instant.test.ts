import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timestampFromMs } from '../../../../src/core/kql/timestamp.ts';
import { readInstant } from '../../../../src/core/records/instant.ts';
import { dateOrderOf, localeInstantOf } from '../../../../src/core/records/locale_instant.ts';

const AT = '2026-11-20T08:31:12.1230000Z';
const WHOLE = '2026-11-20T08:31:12.0000000Z';

describe('readInstant(value)', () => {
  it.each<[unknown, string]>([
    ['2026-11-20T08:31:12.123Z', AT],
    ['2026-11-20T08:31:12.123000000000Z', AT],
    ['2026-11-20T08:31:12,123Z', AT],
    ['2026-11-20 08:31:12.123', AT],
    ['2026-11-20T08:31:12.123+0000', AT],
    ['2026-11-20 08:31:12.123 +0000', AT],
    ['2026-11-20T09:31:12.123+01', AT],
    ['2026-11-20T03:01:12.123-0530', AT],
    ['2026-11-20 08:31:12.123 UTC', AT],
    ['2026-11-20t08:31:12.123z', AT],
    [1_795_163_472, WHOLE],
    [1_795_163_472.123, AT],
    [1_795_163_472_123, AT],
    [1_795_163_472_123_000, AT],
    [1_795_163_472_123_000_000, AT],
    ['1795163472', WHOLE],
    ['1795163472.123', AT],
    ['1795163472123', AT],
    ['1795163472123000000', AT],
    ['1795163472.12345678', '2026-11-20T08:31:12.1234567Z'],
    ['1.795163472123E12', AT],
    ['/Date(1795163472123)/', AT],
    // The offset says how it is shown; the number is UTC.
    ['/Date(1795163472123-0800)/', AT],
    [{ value: '/Date(1795163472123)/', DisplayHint: 2, DateTime: 'Friday, November 20, 2026 12:31:12 AM' }, AT],
    [{ value: '2026-11-20T08:31:12.123Z', DateTime: 'x' }, AT],
    ['Nov 20, 2026 8:31:12 AM', WHOLE],
    ['Nov 20, 2026, 8:31:12\u202fAM', WHOLE],
    ['November 20, 2026 08:31:12', WHOLE],
    ['Friday, November 20, 2026 8:31:12 a.m.', WHOLE],
    ['Nov 20, 2026 @ 08:31:12.123', AT],
    ['20 Nov 2026 08:31:12', WHOLE],
    ['20-Nov-2026 08:31:12', WHOLE],
    ['2026/11/20 08:31:12.123000000', AT],
    ['Nov 20, 2026 12:31:12 AM', '2026-11-20T00:31:12.0000000Z'],
    ['Nov 20, 2026 12:31:12 PM', '2026-11-20T12:31:12.0000000Z'],
  ])('of %j is %s', (value, wanted) => {
    expect(readInstant(value)).toBe(wanted);
  });

  it.each([
    '',
    ' ',
    'yesterday',
    '2026-02-30T00:00:00Z',
    '2026-02-30T00:00:00.00000000Z',
    '2026-11-20T24:00:00+0000',
    '2026-11-20T08:31:12+1500',
    '2026-11-20',
    // Rounded by a spreadsheet.
    '1.79516E+12',
    '1.795163e9',
    'Feb 30, 2026 8:31:12 AM',
    'Nov 20, 2026 13:31:12 PM',
    'Nov 20, 2026 0:31:12 AM',
    'Foo 20, 2026 8:31:12 AM',
    'Marchx 20, 2026 8:31:12 AM',
    // Of two numbers only with an order, also where one is above 12: the other rows of its file may not say.
    '11/20/2026 8:31:12 AM',
    '20/11/2026 08:31:12',
    0,
    3,
    46_345.35,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    // A FILETIME, .NET's ticks.
    '134342634721230000',
    '639000000000000000',
    -1_795_163_472,
    true,
    null,
    undefined,
    [],
    {},
    { value: null },
    { value: { value: '2026-11-20T08:31:12Z' } },
    `2026-11-20T08:31:12.${'1'.repeat(100)}Z`,
  ])('of %j is none', (value) => {
    expect(readInstant(value)).toBeNull();
  });

  it('of a text without a zone is none where the product writes local time', () => {
    const hint = { zone: 'required' } as const;
    for (const text of ['2026-11-20 08:31:12', '2026-11-20T08:31:12.123', 'Nov 20, 2026 8:31:12 AM'])
      expect(readInstant(text, hint)).toBeNull();
    for (const text of ['2026-11-20 08:31:12Z', '2026-11-20 09:31:12+01:00', 'Nov 20, 2026 8:31:12 AM UTC'])
      expect(readInstant(text, hint)).toBe(WHOLE);
    // These have their zone by what they are.
    expect(readInstant(1_795_163_472, hint)).toBe(WHOLE);
    expect(readInstant('/Date(1795163472000)/', hint)).toBe(WHOLE);
  });

  it('takes two numbers in the order that the file has', () => {
    expect(readInstant('11/12/2026 8:31:12 AM', { order: 'month-first' })).toBe('2026-11-12T08:31:12.0000000Z');
    expect(readInstant('11/12/2026 8:31:12 AM', { order: 'day-first' })).toBe('2026-12-11T08:31:12.0000000Z');
  });

  it('reads every millisecond of 2001 to 2100 back, in whatever unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000_000_000_000, max: 4_102_444_800_000 }), (ms) => {
        const wanted = timestampFromMs(ms);
        const text = String(ms);
        const values = [
          ms,
          text,
          ms / 1000,
          `${text}000`,
          `${text}000000`,
          `/Date(${ms})/`,
          new Date(ms).toISOString(),
        ];
        for (const value of values) expect(readInstant(value)).toBe(wanted);
      }),
    );
  });

  it('throws for nothing', () => {
    fc.assert(fc.property(fc.anything({ maxDepth: 1, maxKeys: 3 }), (value) => void readInstant(value)));
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void dateOrderOf(text)));
  });
});

describe('dateOrderOf(text)', () => {
  it.each([
    ['11/20/2026, 8:31:12.123 AM', 'month-first'],
    ['20/11/2026 08:31:12', 'day-first'],
    ['11/12/2026 08:31', 'either'],
    ['11/11/2026 08:31:12', 'either'],
    ['11.12.2026 08:31:12', 'day-first'],
    ['20-11-2026 08:31:12', 'day-first'],
    ['Nov 20, 2026 8:31:12 AM', 'none'],
    ['2026/11/20 08:31:12', 'none'],
    ['20/20/2026 08:31:12', null],
    ['11/20/2026', null],
    ['11/20/2026 25:61', null],
    ['text', null],
  ])('of %j is %j', (text, wanted) => {
    expect(dateOrderOf(text)).toBe(wanted);
  });
});

describe('localeInstantOf(text, order)', () => {
  it.each([
    ['11/20/2026, 8:31:12.123 AM', 'month-first', AT],
    ['20/11/2026 08:31:12.123', 'day-first', AT],
    ['20.11.2026 08:31:12.123', 'month-first', AT],
    ['20/11/2026 08:31', 'day-first', '2026-11-20T08:31:00.0000000Z'],
    ['1/2/2026 1:02:03 PM', 'month-first', '2026-01-02T13:02:03.0000000Z'],
    // The month would be the twentieth.
    ['20/11/2026 08:31:12', 'month-first', null],
    ['31/11/2026 08:31:12', 'day-first', null],
    ['0/11/2026 08:31:12', 'day-first', null],
  ] as const)('of %j, %s, is %j', (text, order, wanted) => {
    expect(localeInstantOf(text, order)).toBe(wanted);
  });
});
