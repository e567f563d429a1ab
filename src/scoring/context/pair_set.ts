/** Hashes of pairs of process and network, 8 bytes each: a Set of so large numbers takes some 60. */
export class PairSet {
  readonly #sorted: Float64Array;

  constructor(pairs: readonly number[]) {
    this.#sorted = Float64Array.from(pairs).sort();
  }

  get size(): number {
    return this.#sorted.length;
  }

  has(pair: number): boolean {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] as number) < pair) low = middle + 1;
      else high = middle;
    }
    return this.#sorted[low] === pair;
  }

  /** In ascending order. */
  values(): Iterable<number> {
    return this.#sorted;
  }
}
