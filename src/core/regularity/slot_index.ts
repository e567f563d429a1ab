const FIRST_CAPACITY = 256;
/** Of the places at most: beyond that a search takes long. */
const MAX_LOAD = 0.6;

/**
 * Numbers the whole numbers from 1 to 2^52 that it is asked for: 0 for the first one, and so on. A map of the language keeps an
 * object for each number that is no small integer; this keeps 16 bytes. Open addressing, linear probing.
 */
export class SlotIndex {
  /** Of each place its key, 0 for none, and its slot: 16 bytes side by side, since most are read from memory far away. */
  #keys: Float64Array;
  #slots: Int32Array;
  #size = 0;

  /** `expected`: about as many keys as it will have, so that it need not grow. */
  constructor(expected = 0) {
    let capacity = FIRST_CAPACITY;
    while (MAX_LOAD * capacity < expected) capacity *= 2;
    this.#keys = new Float64Array(2 * capacity);
    this.#slots = new Int32Array(this.#keys.buffer);
  }

  get size(): number {
    return this.#size;
  }

  has(key: number): boolean {
    return this.#keys[2 * this.#placeOf(key)] !== 0;
  }

  /** The slot of a key; -1 where it has none. */
  get(key: number): number {
    const place = this.#placeOf(key);
    return this.#keys[2 * place] === 0 ? -1 : (this.#slots[4 * place + 2] as number);
  }

  /** The slot of a key; one that has none gets the next one: then `size` is one more than before. */
  place(key: number): number {
    const place = this.#placeOf(key);
    return this.#keys[2 * place] === 0 ? this.#addAt(place, key) : (this.#slots[4 * place + 2] as number);
  }

  /** Gives the next slot to a key that has none. */
  add(key: number): number {
    return this.#addAt(this.#placeOf(key), key);
  }

  /** The keys in order of their slots. */
  keys(): Float64Array {
    const keys = new Float64Array(this.#size);
    for (let place = 0; place < this.#capacity; place++) {
      const key = this.#keys[2 * place] as number;
      if (key !== 0) keys[this.#slots[4 * place + 2] as number] = key;
    }
    return keys;
  }

  get #capacity(): number {
    return this.#keys.length / 2;
  }

  #addAt(place: number, key: number): number {
    const slot = this.#size++;
    if (this.#size > MAX_LOAD * this.#capacity) {
      this.#grow();
      this.#put(this.#placeOf(key), key, slot);
    } else this.#put(place, key, slot);
    return slot;
  }

  #put(place: number, key: number, slot: number): void {
    this.#keys[2 * place] = key;
    this.#slots[4 * place + 2] = slot;
  }

  #placeOf(key: number): number {
    const keys = this.#keys;
    const mask = keys.length / 2 - 1;
    // Hashes already: their low bits are as good as any, but for those of the source.
    let place = Math.imul(key | 0, 0x9e3779b1) >>> 7;
    for (place &= mask; keys[2 * place] !== 0 && keys[2 * place] !== key; ) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const [keys, slots] = [this.#keys, this.#slots];
    this.#keys = new Float64Array(2 * keys.length);
    this.#slots = new Int32Array(this.#keys.buffer);
    for (let place = 0; 2 * place < keys.length; place++) {
      const key = keys[2 * place] as number;
      if (key !== 0) this.#put(this.#placeOf(key), key, slots[4 * place + 2] as number);
    }
  }
}
