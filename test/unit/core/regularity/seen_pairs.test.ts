import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SeenPairs } from '../../../../src/core/regularity/seen_pairs.ts';
import { tries } from '../../../support/effort.ts';

it('SeenPairs keeps of each pair the first and the last hour, in the order in which they came', () => {
  const pair = fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 2 ** 48 - 1 }));
  const noted = fc.array(fc.tuple(pair, fc.nat(1_000), fc.nat(1_000)), { maxLength: 600 });
  fc.assert(
    fc.property(noted, pair, (entries, other) => {
      const seen = new SeenPairs();
      const twin = new Map<number, { first: number; last: number }>();
      for (const [each, first, last] of entries) {
        seen.note(each, first, last);
        const known = twin.get(each) ?? { first, last };
        twin.set(each, { first: Math.min(known.first, first), last: Math.max(known.last, last) });
      }
      const list: unknown[] = [];
      seen.forEach((...each) => void list.push(each));
      expect(list).toEqual([...twin].map(([each, { first, last }]) => [each, first, last]));
      expect(seen.size).toBe(twin.size);
      expect(seen.has(other)).toBe(twin.has(other));
    }),
    { seed: 20_261_130, numRuns: tries(100, 2_000) },
  );
});

it('seenSince(hour) has the pairs that were last seen in this hour or later', () => {
  const seen = new SeenPairs();
  const entries = [
    [7, 1, 9],
    [0, 2, 10],
    [5, 10, 11],
  ] as const;
  for (const [pair, first, last] of entries) seen.note(pair, first, last);
  const since = (hour: number) => {
    const list: unknown[] = [];
    seen.seenSince(hour).forEach((...each) => void list.push(each));
    return list;
  };
  expect(since(9)).toEqual(entries);
  expect(since(10)).toEqual(entries.slice(1));
  expect(since(12)).toEqual([]);
});
