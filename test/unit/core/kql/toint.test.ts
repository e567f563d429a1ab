import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toint } from '../../../../src/core/kql/toint.ts';

describe('toint(value)', () => {
  it.each<[unknown, number | null]>([
    [0, 0],
    [-0, 0],
    [-0.9, 0],
    [0.9, 0],
    [-45.9999, -45],
    [2_147_483_647, 2_147_483_647],
    [2_147_483_647.9, 2_147_483_647],
    [2_147_483_648, null],
    [-2_147_483_648, -2_147_483_648],
    [-2_147_483_648.9, -2_147_483_648],
    [-2_147_483_649, null],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    [Number.NEGATIVE_INFINITY, null],
    ['0', 0],
    ['-7', -7],
    ['-0', 0],
    ['+7', 7],
    ['007', 7],
    [' 12 ', 12],
    ['1 2', null],
    ['12.', 12],
    ['.5', null],
    ['1e3', 1000],
    ['1E+3', 1000],
    ['1500e-3', 1],
    ['1e03', 1000],
    ['1e', null],
    ['e3', null],
    ['--1', null],
    ['12x', null],
    ['x12', null],
    ['0x10', null],
    ['1,000', null],
    ['1.2.3', null],
    ['-2.7', -2],
    ['2147483648', null],
    ['NaN', null],
    ['Infinity', null],
    ['', null],
    [' ', null],
    ['true', null],
    [true, 1],
    [false, 0],
    [null, null],
    [undefined, null],
    [{}, null],
    [[5], null],
    [5n, null],
  ])('%o is %o', (value, expected) => {
    expect(toint(value)).toBe(expected);
  });

  it('takes back every 32-bit integer, as number and as text', () => {
    fc.assert(
      fc.property(fc.integer(), (i) => {
        expect(toint(i)).toBe(i);
        expect(toint(String(i))).toBe(i);
      }),
      { seed: 20_261_125 },
    );
  });
});
