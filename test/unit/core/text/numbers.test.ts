import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counted, groupedText, percentText, rateText, roundedText } from '../../../../src/core/text/numbers.ts';

describe('numbers as text', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1_234_567, '1,234,567'],
    [1_234.5, '1,234.5'],
  ])('groupedText(%d) is %s', (value, text) => {
    expect(groupedText(value)).toBe(text);
  });

  it('groupedText(value) is what the locale of the United States writes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.double()), (value) => {
        // An integer has no negative zero.
        fc.pre(!Object.is(value, -0));
        expect(groupedText(value)).toBe(value.toLocaleString('en-US'));
      }),
    );
  });

  it.each([
    [0, '0 exports'],
    [1, '1 export'],
    [2, '2 exports'],
    [1_234_567, '1,234,567 exports'],
  ])("counted(%d, 'export') is %s", (number, text) => {
    expect(counted(number, 'export')).toBe(text);
  });

  it.each([
    [60, 2, '60'],
    [2.504, 2, '2.5'],
    [2.505, 2, '2.51'],
    [0.25, 1, '0.3'],
    [59.96, 1, '60'],
  ])('roundedText(%d, %d) is %s', (value, digits, text) => {
    expect(roundedText(value, digits)).toBe(text);
  });

  it.each([
    [60, '60'],
    [56.25, '56.3'],
    [59.96, '60'],
  ])('rateText(%d) is %s', (perHour, text) => {
    expect(rateText(perHour)).toBe(text);
  });

  it.each([
    [0, '0 %'],
    [0.256, '26 %'],
    [1, '100 %'],
  ])('percentText(%d) is %s', (share, text) => {
    expect(percentText(share)).toBe(text);
  });
});
