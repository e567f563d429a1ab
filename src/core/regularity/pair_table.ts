import { SlotIndex } from './slot_index.ts';

/** Devices that use a pair are counted up to the largest `few`; of a pair with more only that is known. */
export const MOST_USERS = 3;
/** So many are kept: one more shows that there are more. */
const KEPT_USERS = MOST_USERS + 1;
const FIRST_PAIRS = 256;
/** Of the byte of a pair: the number of its users, then a bit for each that stays. */
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
 * Pairs of process and network, given by their hash, in the order in which they came: the slots. Of each the first hour and the devices that
 * use it; of few the devices on which they are regular. Numbers in columns: some 60 bytes for a pair, and nothing to collect.
 *
 * A user *stays* if it has reports that the windows of the next hours still have (`STAY_HOURS`). Of more than `MOST_USERS` users
 * those are kept that stay.
 */
export class PairRows {
  #keys: Float64Array;
  #firstHours: Int32Array;
  /** See `COUNT_BITS`. */
  #marks: Uint8Array;
  /** `KEPT_USERS` places for each pair. */
  #users: Float64Array;
  #size = 0;
  readonly #regular = new Map<number, Set<number> | 'common'>();

  /** `expected`: about as many pairs as it will have. */
  constructor(expected = 0) {
    const pairs = Math.max(FIRST_PAIRS, expected);
    this.#keys = new Float64Array(pairs);
    this.#firstHours = new Int32Array(pairs);
    this.#marks = new Uint8Array(pairs);
    this.#users = new Float64Array(KEPT_USERS * pairs);
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a pair, whether or not it is there already; it has reports from this hour on. Returns its slot. */
  add(pair: number, firstHour: number): number {
    const slot = this.#size++;
    if (slot === this.#keys.length) this.#grow();
    this.#keys[slot] = pair;
    this.#firstHours[slot] = firstHour;
    return slot;
  }

  /** A pair has reports from this hour on, too. */
  protected seenFrom(slot: number, firstHour: number): void {
    if (firstHour < (this.#firstHours[slot] as number)) this.#firstHours[slot] = firstHour;
  }

  /** The hash of a pair. */
  pairAt(slot: number): number {
    return this.#keys[slot] as number;
  }

  firstHourAt(slot: number): number {
    return this.#firstHours[slot] as number;
  }

  /** A device uses a pair. */
  use(slot: number, device: number, stays: boolean): void {
    const users = this.#users;
    const mark = this.#marks[slot] as number;
    const count = mark & COUNT;
    const start = slot * KEPT_USERS;
    for (let n = 0; n < count; n++) {
      if (users[start + n] !== device) continue;
      if (stays) this.#marks[slot] = mark | stayBit(n);
      return;
    }
    if (count < KEPT_USERS) {
      users[start + count] = device;
      this.#marks[slot] = (mark + 1) | (stays ? stayBit(count) : 0);
      return;
    }
    if (!stays) return;
    for (let n = 0; n < count; n++) {
      if ((mark & stayBit(n)) !== 0) continue;
      users[start + n] = device;
      this.#marks[slot] = mark | stayBit(n);
      return;
    }
  }

  /** Devices that use it, at most `MOST_USERS` + 1. */
  usersAt(slot: number): number {
    return (this.#marks[slot] as number) & COUNT;
  }

  /** One of them: its hash. */
  userAt(slot: number, n: number): number {
    return this.#users[slot * KEPT_USERS + n] as number;
  }

  /** Whether one of them stays. */
  staysAt(slot: number, n: number): boolean {
    return ((this.#marks[slot] as number) & stayBit(n)) !== 0;
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

  /** What is known of a pair. */
  factsAt(slot: number): PairFacts {
    const count = this.usersAt(slot);
    const users = Array.from({ length: count }, (_, n) => this.userAt(slot, n));
    const regular = this.#regular.get(slot);
    return {
      firstHour: this.firstHourAt(slot),
      users: count > MOST_USERS ? null : users,
      regular: regular === 'common' ? null : [...(regular ?? [])],
    };
  }

  #grow(): void {
    const pairs = 2 * this.#keys.length;
    this.#keys = grown(this.#keys, new Float64Array(pairs));
    this.#firstHours = grown(this.#firstHours, new Int32Array(pairs));
    this.#marks = grown(this.#marks, new Uint8Array(pairs));
    this.#users = grown(this.#users, new Float64Array(KEPT_USERS * pairs));
  }
}

/** The same, with each pair once: pairs are found by their hash. Some 85 bytes for a pair. */
export class PairTable extends PairRows {
  readonly #index: SlotIndex;

  /** `expected`: about as many pairs as it will have. */
  constructor(expected = 0) {
    super(expected);
    this.#index = new SlotIndex(Math.max(FIRST_PAIRS, expected));
  }

  /** The slot of a pair; -1 where it is not known. `pair`: 48 bits. */
  find(pair: number): number {
    return this.#index.get(pair + 1);
  }

  /** The slot of a pair, which is added where it is new; it has reports from this hour on. */
  override add(pair: number, firstHour: number): number {
    const slot = this.#index.place(pair + 1);
    if (slot === this.size) super.add(pair, firstHour);
    else this.seenFrom(slot, firstHour);
    return slot;
  }

  /** Of one pair, by its hash. */
  get(pair: number): PairFacts | undefined {
    const slot = this.find(pair);
    return slot === -1 ? undefined : this.factsAt(slot);
  }
}

function stayBit(n: number): number {
  return 1 << (COUNT_BITS + n);
}

function grown<T extends Float64Array | Int32Array | Uint8Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
