import { MAX_DEVICES_WITH_HOURS } from './device_hours.ts';
import { SlotIndex } from './slot_index.ts';

/** Clock hours that a window of 72 hours touches: a report exactly at its end belongs to the 73rd. */
export const TABLE_HOURS = 73;
/** Two groups in an hour vouch for each other; more say nothing new. */
const ENOUGH = 2;
/** A source is a number below this one. */
export const SOURCES_OF_DEVICE = 8;
const FIRST_SLOTS = 64;
/** What is expected comes from a file: a wrong number must not fill the memory. */
const MAX_EXPECTED = 500_000;

/**
 * How many groups of each device reported in each clock hour: 0, 1, or 2 for more. Devices have hashes (`deviceHashOf`), and
 * sources numbers below 8: the same connections in two sources would vouch for each other. Holds 93 bytes for each device and
 * source.
 */
export class HourTable {
  /** The clock hour since 1970 with which the table begins. */
  readonly firstHour: number;
  readonly #limit: number;
  readonly #index: SlotIndex;
  readonly #sources: number[] = [];
  #groups: Uint8Array;
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
    this.#groups = new Uint8Array(slots * TABLE_HOURS);
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
    const place = slot * TABLE_HOURS + at;
    this.#groups[place] = Math.min(ENOUGH, (this.#groups[place] as number) + groups);
  }

  /** How many groups reported in an hour. */
  groupsAt(slot: number, hour: number): number {
    const at = hour - this.firstHour;
    return at < 0 || at >= TABLE_HOURS ? 0 : (this.#groups[slot * TABLE_HOURS + at] as number);
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

  #add(device: number, source: number): number {
    const isKnown = this.#sources.some((each) => each !== source && this.find(device, each) !== -1);
    if (!isKnown && this.#devices === this.#limit) {
      this.#isFull = true;
      return -1;
    }
    if (!isKnown) this.#devices++;
    if (!this.#sources.includes(source)) this.#sources.push(source);
    const slot = this.#index.add(keyOf(device, source));
    if ((slot + 1) * TABLE_HOURS > this.#groups.length) {
      const larger = new Uint8Array(2 * this.#groups.length);
      larger.set(this.#groups);
      this.#groups = larger;
    }
    return slot;
  }
}

/** Not 0, which the index does not take. */
function keyOf(device: number, source: number): number {
  return device * SOURCES_OF_DEVICE + source + 1;
}
