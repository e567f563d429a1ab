import { expect, it } from 'vitest';
import { counted } from '../../../../src/core/text/counted.ts';

it.each([
  [0, '0 exports'],
  [1, '1 export'],
  [2, '2 exports'],
  [1_234_567, '1,234,567 exports'],
])('counted(%d, noun) is %s', (number, text) => {
  expect(counted(number, 'export')).toBe(text);
});
