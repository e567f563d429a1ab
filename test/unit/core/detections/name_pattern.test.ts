import fc from 'fast-check';
import { expect, it } from 'vitest';
import { namePatternOf } from '../../../../src/core/detections/name_pattern.ts';

it('namePatternOf(text) compares like a regular expression in which * is any text, without regard to case', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'B', '.', '\n', '+'), minLength: 1, maxLength: 4 });
  const star = fc.constantFrom('', '*');
  const name = fc.string({ unit: fc.constantFrom('A', 'b', '.', '\n', '+'), maxLength: 6 });
  fc.assert(
    fc.property(star, text, star, name, (start, middle, end, other) => {
      const escaped = middle.replace(/[.+]/g, '\\$&');
      const slow = new RegExp(`^${start && '[^]*'}${escaped}${end && '[^]*'}$`, 'i');
      expect(namePatternOf(start + middle + end)?.(other.toLowerCase())).toBe(slow.test(other));
    }),
    { numRuns: 1000 },
  );
});

it.each(['', '*', '**', 'a*b', '**a', 'a**', '*a*b'])('namePatternOf(%j) is null', (text) => {
  expect(namePatternOf(text)).toBeNull();
});
