import { describe, expect, it } from 'vitest';
import { newPairsOf, seenWith } from '../../../../src/core/regularity/first_seen.ts';
import { PairRows } from '../../../../src/core/regularity/pair_table.ts';
import type { SeenPairs } from '../../../../src/core/regularity/seen_pairs.ts';

function pairs(...entries: readonly (readonly [pair: number, firstHour: number])[]): PairRows {
  const rows = new PairRows();
  for (const [pair, firstHour] of entries) rows.add(pair, firstHour);
  return rows;
}
function listOf(seen: SeenPairs): [pair: number, first: number, last: number][] {
  const list: [number, number, number][] = [];
  seen.forEach((...each) => void list.push(each));
  return list;
}

const SETTINGS = { keptHours: 720, maxPairs: 3 };

describe('seenWith(before, pairs, lastHour)', () => {
  it('keeps the first hour of a pair, and since when the tenant is observed', () => {
    const first = seenWith(null, pairs([1, 1000], [2, 1040]), 1072, 1000);
    expect(first.since).toBe(1000);
    const second = seenWith(first, pairs([1, 1030], [3, 1073]), 1073, 1030);
    expect(listOf(second.pairs)).toEqual([
      [1, 1000, 1073],
      [2, 1040, 1072],
      [3, 1073, 1073],
    ]);
    expect(second.since).toBe(1000);
  });

  it('is observed from the hour that the reports say, not from a single one', () => {
    const first = seenWith(null, pairs([1, 1000], [2, 1070]), 1072, null);
    expect(first.since).toBe(1072);
    expect([...newPairsOf(first, 1072)]).toEqual([]);
    // Later reports show it; a window without such a day takes nothing away.
    const second = seenWith(first, pairs([3, 1090]), 1096, 1065);
    expect(seenWith(second, pairs(), 1097, null).since).toBe(1065);
    expect([...newPairsOf(second, 1096)]).toEqual([[3, 1090]]);
  });

  it('forgets a pair that was not seen for thirty days', () => {
    const before = seenWith(null, pairs([1, 1000]), 1072, 1000);
    expect(seenWith(before, pairs(), 1072 + 720, null).pairs.size).toBe(1);
    expect(seenWith(before, pairs(), 1072 + 721, null).pairs.size).toBe(0);
  });

  it('takes no more pairs than it may', () => {
    const before = seenWith(null, pairs([1, 1000], [2, 1000], [3, 1000]), 1072, 1000, SETTINGS);
    const after = seenWith(before, pairs([4, 1073], [3, 1040]), 1073, 1000, SETTINGS);
    expect(listOf(after.pairs).map(([pair]) => pair)).toEqual([1, 2, 3]);
  });
});

describe('newPairsOf(seen, lastHour)', () => {
  const seen = seenWith(null, pairs([1, 1000], [2, 1023], [3, 1024], [4, 1200]), 1200, 1000);

  it('has those of the last seven days that a day of telemetry precedes', () => {
    expect([...newPairsOf(seen, 1024 + 167)]).toEqual([
      [3, 1024],
      [4, 1200],
    ]);
    expect([...newPairsOf(seen, 1024 + 168)]).toEqual([[4, 1200]]);
  });
});
