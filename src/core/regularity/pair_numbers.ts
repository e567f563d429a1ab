import { SlotIndex } from './slot_index.ts';

const FIRST_PAIRS = 64;

/**
 * Some whole numbers for each pair of process and network, in columns. Pairs are hashes of 48 bits, numbered as they come: the
 * slots. A map of the language keeps an object for each; this takes some 40 bytes.
 */
export class PairNumbers {
  readonly #columns: number;
  readonly #index: SlotIndex;
  #pairs: Float64Array;
  #numbers: Int32Array;

  /** `columns`: how many numbers each pair has; `expected`: about as many pairs as there will be. */
  constructor(columns: number, expected = 0) {
    const pairs = Math.max(FIRST_PAIRS, expected);
    this.#columns = columns;
    this.#index = new SlotIndex(pairs);
    this.#pairs = new Float64Array(pairs);
    this.#numbers = new Int32Array(columns * pairs);
  }

  get size(): number {
    return this.#index.size;
  }

  /** The slot of a pair; -1 where it is not known. */
  find(pair: number): number {
    return this.#index.get(pair + 1);
  }

  /** The slot of a pair, added where it is new; its numbers are 0 then. */
  slotOf(pair: number): number {
    const { size } = this.#index;
    const slot = this.#index.place(pair + 1);
    if (slot === size) {
      if (slot === this.#pairs.length) this.#grow();
      this.#pairs[slot] = pair;
    }
    return slot;
  }

  pairAt(slot: number): number {
    return this.#pairs[slot] as number;
  }

  at(slot: number, column = 0): number {
    return this.#numbers[this.#columns * slot + column] as number;
  }

  set(slot: number, column: number, value: number): void {
    this.#numbers[this.#columns * slot + column] = value;
  }

  #grow(): void {
    const [pairs, numbers] = [this.#pairs, this.#numbers];
    this.#pairs = new Float64Array(2 * pairs.length);
    this.#pairs.set(pairs);
    this.#numbers = new Int32Array(2 * numbers.length);
    this.#numbers.set(numbers);
  }
}
