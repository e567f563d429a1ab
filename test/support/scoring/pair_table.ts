import { type PairFacts, type PairRows, PairTable } from '../../../src/core/regularity/pair_table.ts';

/** More users than are counted. */
const MANY_USERS = [1e9, 2e9, 3e9, 4e9];

/** A table of these pairs. `stays`: whether their users do. */
export function pairTableOf(pairs: Iterable<readonly [number, PairFacts]>, stays = true): PairTable {
  const table = new PairTable();
  for (const [pair, { firstHour, users, regular }] of pairs) {
    const slot = table.add(pair, firstHour);
    for (const device of users ?? MANY_USERS) table.use(slot, device, stays);
    for (const device of regular ?? []) table.addRegular(slot, device);
    if (regular === null) table.setCommon(slot);
  }
  return table;
}

/** What a table knows, in order of its slots. */
export function pairsOf(table: PairRows): Map<number, PairFacts> {
  return new Map(Array.from({ length: table.size }, (_, slot) => [table.pairAt(slot), table.factsAt(slot)] as const));
}
