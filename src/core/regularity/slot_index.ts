const FIRST_CAPACITY = 256;
/** Of the places at most: beyond that a search takes long. */
const MAX_LOAD = 0.6;

/**
 * Numbers the whole numbers from 1 to 2^52 that it is asked for: 0 for the first one, and so on. A map of the language keeps an
 * object for each number that is no small integer; this keeps 12 bytes. Open addressing, linear probing.
 */
export class SlotIndex {
  #keys: Float64Array;
  #slots: Int32Array;
  #size = 0;

  /** `expected`: about as many keys as it will have, so that it need not grow. */
  constructor(expected = 0) {
    let capacity = FIRST_CAPACITY;
    while (MAX_LOAD * capacity < expected) capacity *= 2;
    this.#keys = new Float64Array(capacity);
    this.#slots = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  has(key: number): boolean {
    return this.#keys[this.#placeOf(key)] !== 0;
  }

  /** The slot of a key; -1 where it has none. */
  get(key: number): number {
    const place = this.#placeOf(key);
    return this.#keys[place] === 0 ? -1 : (this.#slots[place] as number);
  }

  /** The slot of a key; one that has none gets the next one: then `size` is one more than before. */
  place(key: number): number {
    const place = this.#placeOf(key);
    return this.#keys[place] === 0 ? this.add(key) : (this.#slots[place] as number);
  }

  /** Gives the next slot to a key that has none. */
  add(key: number): number {
    if (this.#size >= MAX_LOAD * this.#keys.length) this.#grow();
    const place = this.#placeOf(key);
    this.#keys[place] = key;
    this.#slots[place] = this.#size;
    return this.#size++;
  }

  /** The keys in order of their slots. */
  keys(): Float64Array {
    const keys = new Float64Array(this.#size);
    for (let place = 0; place < this.#keys.length; place++) {
      const key = this.#keys[place] as number;
      if (key !== 0) keys[this.#slots[place] as number] = key;
    }
    return keys;
  }

  #placeOf(key: number): number {
    const keys = this.#keys;
    const mask = keys.length - 1;
    // Hashes already: their low bits are as good as any, but for those of the source.
    let place = Math.imul(key | 0, 0x9e3779b1) >>> 7;
    for (place &= mask; keys[place] !== 0 && keys[place] !== key; ) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const keys = this.keys();
    this.#keys = new Float64Array(2 * this.#keys.length);
    this.#slots = new Int32Array(this.#keys.length);
    for (let slot = 0; slot < keys.length; slot++) {
      const place = this.#placeOf(keys[slot] as number);
      this.#keys[place] = keys[slot] as number;
      this.#slots[place] = slot;
    }
  }
}
