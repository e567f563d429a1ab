import { expect, test } from 'vitest';
import { randomOf } from '../../../../tools/sample/random.ts';

const draw = (...path: (string | number)[]) => {
  const random = randomOf(1, ...path);
  return Array.from({ length: 20 }, () => random.int(0, 1_000_000));
};

test('randomOf(seed, …path) is the same stream for the same path, and another for another', () => {
  expect(draw('device', 1)).toEqual(draw('device', 1));
  expect(draw('device', 1)).not.toEqual(draw('device', 2));
  expect(draw('device', 1, 1)).not.toEqual(draw('device', 11));
});

test('randomOf(seed, …path) pins its numbers: a sample of last year is a sample of today', () => {
  expect(draw('device', 1).slice(0, 4)).toEqual([365_471, 933_853, 832_502, 414_201]);
});

test('fraction() is even over [0, 1)', () => {
  const random = randomOf(7);
  const draws = Array.from({ length: 10_000 }, () => random.fraction());
  expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
  expect(draws.reduce((sum, draw) => sum + draw) / draws.length).toBeCloseTo(0.5, 1);
});

test('the first draws of neighbouring seeds are even, too', () => {
  const draws = Array.from({ length: 10_000 }, (_, seed) => randomOf(seed, 'x').fraction());
  expect(draws.reduce((sum, draw) => sum + draw) / draws.length).toBeCloseTo(0.5, 1);
  expect(new Set(draws).size).toBeGreaterThan(9_900);
});

test('pick(items) gives each item, and throws where there is none', () => {
  const random = randomOf(3);
  expect(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']));
  expect(() => random.pick([])).toThrow(RangeError);
});

test('hex(length) gives that number of hexadecimal digits', () => {
  expect(randomOf(3).hex(40)).toMatch(/^[0-9a-f]{40}$/);
});
