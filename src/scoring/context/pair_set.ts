import { SlotIndex } from '../../core/regularity/slot_index.ts';

/** Hashes of pairs of process and network, some 40 bytes each: a Set of so large numbers takes some 60, and is slow. */
export class PairSet {
  readonly #index: SlotIndex;

  constructor(pairs: readonly number[]) {
    this.#index = new SlotIndex(pairs.length);
    // Not 0, which the index does not take.
    for (const pair of pairs) this.#index.place(pair + 1);
  }

  get size(): number {
    return this.#index.size;
  }

  has(pair: number): boolean {
    return this.#index.has(pair + 1);
  }

  /** In the order in which they were given. */
  forEach(take: (pair: number) => void): void {
    const keys = this.#index.keys();
    for (let at = 0; at < keys.length; at++) take((keys[at] as number) - 1);
  }
}
