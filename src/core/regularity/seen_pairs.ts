import { SlotIndex } from './slot_index.ts';

const FIRST_PAIRS = 256;

/**
 * When pairs of process and network were seen, by their hash (48 bits): the first hour, and the end of the last window with them, in clock
 * hours since 1970. Numbers in columns, in the order in which the pairs came.
 */
export class SeenPairs {
  readonly #index: SlotIndex;
  #first: Int32Array;
  #last: Int32Array;

  /** `expected`: about as many pairs as it will have. */
  constructor(expected = 0) {
    const pairs = Math.max(FIRST_PAIRS, expected);
    this.#index = new SlotIndex(pairs);
    this.#first = new Int32Array(pairs);
    this.#last = new Int32Array(pairs);
  }

  get size(): number {
    return this.#index.size;
  }

  has(pair: number): boolean {
    return this.#index.has(pair + 1);
  }

  /** Notes that a pair was seen from one hour on, in a window that ended in another one. */
  note(pair: number, first: number, last: number): void {
    const { size } = this.#index;
    const slot = this.#index.place(pair + 1);
    if (slot < size) {
      this.#first[slot] = Math.min(this.#first[slot] as number, first);
      this.#last[slot] = Math.max(this.#last[slot] as number, last);
      return;
    }
    if (slot === this.#first.length) this.#grow();
    this.#first[slot] = first;
    this.#last[slot] = last;
  }

  /** Each pair with its first and its last hour. */
  forEach(take: (pair: number, first: number, last: number) => void): void {
    const keys = this.#index.keys();
    for (let slot = 0; slot < keys.length; slot++)
      take((keys[slot] as number) - 1, this.#first[slot] as number, this.#last[slot] as number);
  }

  /** Without the pairs that were last seen before an hour; itself where there are none. */
  seenSince(hour: number): SeenPairs {
    const last = this.#last.subarray(0, this.size);
    if (last.every((each) => each >= hour)) return this;
    const kept = new SeenPairs(this.size);
    this.forEach((pair, first, until) => {
      if (until >= hour) kept.note(pair, first, until);
    });
    return kept;
  }

  #grow(): void {
    const [first, last] = [this.#first, this.#last];
    this.#first = new Int32Array(2 * first.length);
    this.#last = new Int32Array(2 * last.length);
    this.#first.set(first);
    this.#last.set(last);
  }
}
