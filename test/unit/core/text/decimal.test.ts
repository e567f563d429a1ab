import { expect, it } from 'vitest';
import { decimalOf, wholeOf } from '../../../../src/core/text/decimal.ts';

it.each([
  ['0', 0],
  ['-3', -3],
  ['2.5', 2.5],
  ['.25', 0.25],
  ['25', 25],
  ['007', 7],
  ['.5', 0.5],
  ['5.', 5],
  ['2e3', 2000],
  ['1e10', 1e10],
  ['1E-2', 0.01],
])('decimalOf(%j) is %d', (text, value) => {
  expect(decimalOf(text)).toBe(value);
});

it.each(['', ' ', '5 ', '0x10', '0b1', '1e400', '.', 'e3', '1_000', '1,000', 'abc', 'Infinity', 'NaN', '+5', '--5'])(
  'decimalOf(%j) is null',
  (text) => {
    expect(decimalOf(text)).toBeNull();
  },
);

it('wholeOf(text, least, most) is null beside a whole number within the bounds', () => {
  expect(['1', '32', '0', '33', '2e0', '0x10', '-1'].map((text) => wholeOf(text, 1, 32))).toEqual([
    ...[1, 32, null, null, null, null, null],
  ]);
});
