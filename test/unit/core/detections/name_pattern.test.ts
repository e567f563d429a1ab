import fc from 'fast-check';
import { expect, it } from 'vitest';
import { namePatternOf } from '../../../../src/core/detections/name_pattern.ts';

it('namePatternOf(text) compares like a regular expression in which * is any text, without regard to case', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'B', '.', '\n', '*'), minLength: 1, maxLength: 6 });
  const name = fc.string({ unit: fc.constantFrom('A', 'b', '.', '\n'), maxLength: 8 });
  fc.assert(
    fc.property(pattern, name, (text, other) => {
      fc.pre(/[^*]/.test(text));
      const slow = new RegExp(`^${text.replaceAll('.', '\\.').replaceAll('*', '[^]*')}$`, 'i');
      expect(namePatternOf(text)?.(other.toLowerCase())).toBe(slow.test(other));
    }),
    { numRuns: 1000 },
  );
});

it.each(['', '*', '**'])('namePatternOf(%j) is null', (text) => {
  expect(namePatternOf(text)).toBeNull();
});
