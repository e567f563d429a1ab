import { expect, it } from 'vitest';
import { compareText } from '../../../../src/core/text/compare_text.ts';

it('compareText sorts by code units, as `<` does', () => {
  expect(['b', 'ä', 'a', 'B', '', 'a'].sort(compareText)).toEqual(['', 'B', 'a', 'a', 'b', 'ä']);
  expect(compareText('a', 'a')).toBe(0);
});
