import { expect, it } from 'vitest';
import { firstNames } from '../../../../src/core/text/first_names.ts';

it.each([
  [['a'], undefined, 'a'],
  [['a', 'b', 'c'], undefined, 'a, b, c'],
  [['a', 'b', 'c', 'd'], undefined, 'a, b, c and 1 more'],
  [['a', 'b', 'c', 'd'], 1_204, 'a, b, c and 1,201 more'],
  [['a'], 2, 'a and 1 more'],
])('firstNames(%j, %j) is %j', (names, total, text) => {
  expect(firstNames(Object.freeze(names), total)).toBe(text);
});

it('firstNames(names) escapes each, and keeps the end of a long path of an export', () => {
  const path = `exports/${'tenantId=x/'.repeat(30)}h=08/m=00/PT1H.json`;
  expect(firstNames([path, 'a\u202eb'])).toBe(`${path}, a\\u202eb`);
  expect([...firstNames(['x'.repeat(600)])]).toHaveLength(500);
});
