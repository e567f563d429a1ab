import { SlotIndex } from './slot_index.ts';

/** Devices that use a pair are counted up to the largest `few`; of a pair with more only that is known. */
export const MOST_USERS = 3;
/** So many are kept: one more shows that there are more. */
const KEPT_USERS = MOST_USERS + 1;
const FIRST_PAIRS = 256;
/** Of a pair: its hash, its users, and in the last eight bytes its first hour and its mark. */
const [HASH, USERS] = [0, 1];
const NUMBERS = USERS + KEPT_USERS + 1;
const [FIRST_HOUR, MARK] = [2 * NUMBERS - 2, 2 * NUMBERS - 1];
/** Of the mark of a pair: the number of its users, then a bit for each that stays. */
const COUNT_BITS = 3;
const COUNT = 2 ** COUNT_BITS - 1;

/** What is known of one process that connects to one network (/16, IPv6: /32). */
export interface PairFacts {
  /** The clock hour of its first report in the window, since 1970. */
  readonly firstHour: number;
  /** Hashes of the devices that use it; null for more than `MOST_USERS`. */
  readonly users: readonly number[] | null;
  /** Hashes of the devices on which it is regular; null where it is common. */
  readonly regular: readonly number[] | null;
}

/**
 * Pairs of process and network by their hash, numbered as they come: the slots. Of each the first hour and the devices that use
 * it; of few the devices on which they are regular. Numbers side by side: some 80 bytes for a pair, which are read at once, and nothing to
 * collect.
 *
 * A user *stays* if it has reports that the windows of the next hours still have (`STAY_HOURS`). Of more than `MOST_USERS` users
 * those are kept that stay.
 */
export class PairTable {
  readonly #index: SlotIndex;
  /** `NUMBERS` of each pair. */
  #pairs: Float64Array;
  /** The same bytes: two for each number. */
  #words: Int32Array;
  readonly #regular = new Map<number, Set<number> | 'common'>();

  /** `expected`: about as many pairs as it will have. */
  constructor(expected = 0) {
    const pairs = Math.max(FIRST_PAIRS, expected);
    this.#index = new SlotIndex(pairs);
    this.#pairs = new Float64Array(NUMBERS * pairs);
    this.#words = new Int32Array(this.#pairs.buffer);
  }

  get size(): number {
    return this.#index.size;
  }

  /** The slot of a pair; -1 where it is not known. `pair`: 48 bits. */
  find(pair: number): number {
    return this.#index.get(pair + 1);
  }

  /** The slot of a pair, added where it is new; it has reports from this hour on. */
  slotOf(pair: number, firstHour: number): number {
    const { size } = this.#index;
    const slot = this.#index.place(pair + 1);
    if (slot === size && slot * NUMBERS === this.#pairs.length) this.#grow();
    const words = this.#words;
    const firstHourAt = 2 * slot * NUMBERS + FIRST_HOUR;
    if (slot === size) {
      this.#pairs[slot * NUMBERS + HASH] = pair;
      words[firstHourAt] = firstHour;
    } else if (firstHour < (words[firstHourAt] as number)) words[firstHourAt] = firstHour;
    return slot;
  }

  /** The hash of a pair. */
  pairAt(slot: number): number {
    return this.#pairs[slot * NUMBERS + HASH] as number;
  }

  firstHourAt(slot: number): number {
    return this.#words[2 * slot * NUMBERS + FIRST_HOUR] as number;
  }

  /** A device uses a pair. */
  use(slot: number, device: number, stays: boolean): void {
    const users = this.#pairs;
    const start = slot * NUMBERS + USERS;
    const mark = this.#markAt(slot);
    const count = mark & COUNT;
    for (let n = 0; n < count; n++) {
      if (users[start + n] !== device) continue;
      if (stays) this.#setMark(slot, mark | stayBit(n));
      return;
    }
    if (count < KEPT_USERS) {
      users[start + count] = device;
      this.#setMark(slot, (mark + 1) | (stays ? stayBit(count) : 0));
      return;
    }
    if (!stays) return;
    for (let n = 0; n < count; n++) {
      if ((mark & stayBit(n)) !== 0) continue;
      users[start + n] = device;
      this.#setMark(slot, mark | stayBit(n));
      return;
    }
  }

  /** Devices that use it, at most `MOST_USERS` + 1. */
  usersAt(slot: number): number {
    return this.#markAt(slot) & COUNT;
  }

  /** One of them: its hash. */
  userAt(slot: number, n: number): number {
    return this.#pairs[slot * NUMBERS + USERS + n] as number;
  }

  /** Whether one of them stays. */
  staysAt(slot: number, n: number): boolean {
    return (this.#markAt(slot) & stayBit(n)) !== 0;
  }

  /** How many of them stay. */
  stayingAt(slot: number): number {
    let staying = 0;
    for (let n = 0; n < KEPT_USERS; n++) if (this.staysAt(slot, n)) staying++;
    return staying;
  }

  /** The pairs that are regular on a device, by slot: the hashes of the devices, or `common`. */
  get regular(): ReadonlyMap<number, ReadonlySet<number> | 'common'> {
    return this.#regular;
  }

  /** The pair is regular on a device. False where it is known, or where the pair is common. */
  addRegular(slot: number, device: number): boolean {
    let devices = this.#regular.get(slot);
    if (devices === 'common' || devices?.has(device)) return false;
    if (devices === undefined) {
      devices = new Set();
      this.#regular.set(slot, devices);
    }
    devices.add(device);
    return true;
  }

  setCommon(slot: number): void {
    this.#regular.set(slot, 'common');
  }

  /** Of one pair, by its hash. */
  get(pair: number): PairFacts | undefined {
    const slot = this.find(pair);
    if (slot === -1) return undefined;
    const count = this.usersAt(slot);
    const users = Array.from({ length: count }, (_, n) => this.userAt(slot, n));
    const regular = this.#regular.get(slot);
    return {
      firstHour: this.firstHourAt(slot),
      users: count > MOST_USERS ? null : users,
      regular: regular === 'common' ? null : [...(regular ?? [])],
    };
  }

  #markAt(slot: number): number {
    return this.#words[2 * slot * NUMBERS + MARK] as number;
  }

  #setMark(slot: number, mark: number): void {
    this.#words[2 * slot * NUMBERS + MARK] = mark;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#pairs.length);
    larger.set(this.#pairs);
    this.#pairs = larger;
    this.#words = new Int32Array(larger.buffer);
  }
}

function stayBit(n: number): number {
  return 1 << (COUNT_BITS + n);
}
