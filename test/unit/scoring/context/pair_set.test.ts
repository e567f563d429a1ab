import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PairSet } from '../../../../src/scoring/context/pair_set.ts';

it('PairSet has what a Set has, in its order', () => {
  const hash = fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 2 ** 48 - 1 }));
  fc.assert(
    fc.property(fc.uniqueArray(hash), fc.array(hash), (pairs, others) => {
      const [set, twin] = [new PairSet(pairs), new Set(pairs)];
      expect(set.size).toBe(twin.size);
      const values: number[] = [];
      set.forEach((pair) => void values.push(pair));
      expect(values).toEqual(pairs);
      for (const pair of [...pairs, ...others]) expect(set.has(pair)).toBe(twin.has(pair));
    }),
  );
});
