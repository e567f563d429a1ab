import { MAX_DEVICES_WITH_HOURS } from './device_hours.ts';
import { HOUR_WORDS, type HourBits, LAST_WORD, movedWord, TABLE_HOURS } from './hour_bits.ts';
import { SlotIndex } from './slot_index.ts';

/** A source is a number below this one. */
export const SOURCES_OF_DEVICE = 8;
const FIRST_SLOTS = 64;
/** What is expected comes from a file: a wrong number must not fill the memory. */
const MAX_EXPECTED = 500_000;
/** Of each slot: the hours in which a group reported, then those in which two or more did. */
export const SLOT_WORDS = 2 * HOUR_WORDS;

/**
 * How many groups of each device reported in each clock hour: 0, 1, or 2 for more, since two groups in an hour vouch for each
 * other, and more say nothing new. Devices have hashes (`deviceHashOf`), and sources numbers below 8: the same connections in two
 * sources would vouch for each other. Holds some 50 bytes for each device and source.
 */
export class HourTable {
  /** The clock hour since 1970 with which the table begins. */
  readonly firstHour: number;
  readonly #limit: number;
  readonly #index: SlotIndex;
  readonly #sources: number[] = [];
  #words: Int32Array;
  #devices = 0;
  #isFull = false;

  /**
   * `lastHour`: the clock hour of the window's end. `limit`: devices above it are not known. `expected`: about as many slots as it
   * will have.
   */
  constructor(lastHour: number, limit = MAX_DEVICES_WITH_HOURS, expected = 0) {
    this.firstHour = lastHour - TABLE_HOURS + 1;
    this.#limit = limit;
    const slots = Math.max(FIRST_SLOTS, Math.min(expected, MAX_EXPECTED));
    this.#index = new SlotIndex(slots);
    this.#words = new Int32Array(slots * SLOT_WORDS);
  }

  /** The devices, whatever the number of their sources. */
  get devices(): number {
    return this.#devices;
  }

  /** Whether it omitted a device. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** The number of devices, each counted once for each of its sources: the slots are below it. */
  get slots(): number {
    return this.#index.size;
  }

  /** The place of a device in a source, added where it is new; -1 above the limit. */
  slotOf(device: number, source: number): number {
    const slot = this.#index.get(keyOf(device, source));
    return slot === -1 ? this.#add(device, source) : slot;
  }

  /** Counts groups in an hour. Hours outside of the table are ignored. */
  mark(slot: number, hour: number, groups = 1): void {
    const at = hour - this.firstHour;
    if (slot < 0 || at < 0 || at >= TABLE_HOURS) return;
    const bit = 1 << (at & 31);
    const place = slot * SLOT_WORDS + (at >> 5);
    this.#count(place, bit, groups > 1 ? bit : 0);
  }

  /** Counts one group in each of its hours. */
  markAll(slot: number, hours: HourBits): void {
    if (slot < 0) return;
    for (let word = 0; word < HOUR_WORDS; word++) this.#count(slot * SLOT_WORDS + word, hours[word] as number, 0);
  }

  /** Adds all devices and hours of another table. Hours outside of this one are ignored. */
  addAll(other: HourTable): void {
    const keys = other.keys();
    const by = this.firstHour - other.firstHour;
    for (let slot = 0; slot < keys.length; slot++) {
      const key = keys[slot] as number;
      const place = this.slotOf(Math.floor(key / SOURCES_OF_DEVICE), key % SOURCES_OF_DEVICE) * SLOT_WORDS;
      if (place < 0) continue;
      const from = slot * SLOT_WORDS;
      for (let word = 0; word < HOUR_WORDS; word++) {
        const one = movedWord(other.#words, from, by, word);
        const two = movedWord(other.#words, from + HOUR_WORDS, by, word);
        this.#count(place + word, one, two);
      }
    }
  }

  /** How many groups reported in an hour. */
  groupsAt(slot: number, hour: number): number {
    const at = hour - this.firstHour;
    if (at < 0 || at >= TABLE_HOURS) return 0;
    const place = slot * SLOT_WORDS + (at >> 5);
    const once = ((this.#words[place] as number) >>> (at & 31)) & 1;
    return once + (((this.#words[place + HOUR_WORDS] as number) >>> (at & 31)) & 1);
  }

  /** Writes the hours in which another group reported than the one of these hours. Both count from `firstHour` on. */
  hoursBeside(slot: number, own: HourBits, firstHour: number, into: HourBits): void {
    const place = slot * SLOT_WORDS;
    const by = firstHour - this.firstHour;
    for (let word = 0; word < HOUR_WORDS; word++) {
      const once = movedWord(this.#words, place, by, word);
      const twice = movedWord(this.#words, place + HOUR_WORDS, by, word);
      into[word] = twice | (once & ~(own[word] as number));
    }
  }

  /** The place of a device in a source; -1 where it is not known. */
  find(device: number, source: number): number {
    return this.#index.get(keyOf(device, source));
  }

  /** The device and the source of each slot, in order: `device * 8 + source`. */
  keys(): Float64Array {
    const keys = this.#index.keys();
    for (let slot = 0; slot < keys.length; slot++) keys[slot] = (keys[slot] as number) - 1;
    return keys;
  }

  /** The words of a slot, for a file: see `SLOT_WORDS`. */
  wordsOf(slot: number): Int32Array {
    return this.#words.subarray(slot * SLOT_WORDS, (slot + 1) * SLOT_WORDS);
  }

  /** The same, from a file. */
  setWords(slot: number, words: ArrayLike<number>): void {
    for (let word = 0; word < HOUR_WORDS; word++) {
      const mask = word === HOUR_WORDS - 1 ? LAST_WORD : -1;
      const two = (words[HOUR_WORDS + word] as number) & mask;
      this.#words[slot * SLOT_WORDS + word] = ((words[word] as number) & mask) | two;
      this.#words[slot * SLOT_WORDS + HOUR_WORDS + word] = two;
    }
  }

  /** Adds bits to a word: hours with one group, and of those the hours with two. */
  #count(place: number, one: number, two: number): void {
    const words = this.#words;
    const once = words[place] as number;
    words[place + HOUR_WORDS] = (words[place + HOUR_WORDS] as number) | two | (once & one);
    words[place] = once | one;
  }

  #add(device: number, source: number): number {
    const isKnown = this.#sources.some((each) => each !== source && this.find(device, each) !== -1);
    if (!isKnown && this.#devices === this.#limit) {
      this.#isFull = true;
      return -1;
    }
    if (!isKnown) this.#devices++;
    if (!this.#sources.includes(source)) this.#sources.push(source);
    const slot = this.#index.add(keyOf(device, source));
    if ((slot + 1) * SLOT_WORDS > this.#words.length) {
      const larger = new Int32Array(2 * this.#words.length);
      larger.set(this.#words);
      this.#words = larger;
    }
    return slot;
  }
}

/** Not 0, which the index does not take. */
function keyOf(device: number, source: number): number {
  return device * SOURCES_OF_DEVICE + source + 1;
}
