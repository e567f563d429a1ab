import { MAX_DEVICES_WITH_HOURS } from './device_hours.ts';

/** Clock hours that a window of 72 hours touches: a report exactly at its end belongs to the 73rd. */
export const TABLE_HOURS = 73;
/** Two groups in an hour vouch for each other; more say nothing new. */
const ENOUGH = 2;
/** Sources of one device: a number below this one. */
const SOURCES = 8;
const FIRST_SLOTS = 64;

/** The hours of one device in one source. */
export interface DeviceHourRow {
  readonly device: number;
  readonly source: number;
  /** 0, 1 or 2 for each hour from the first one of the table: how many groups reported, at most two. A view. */
  readonly groups: Uint8Array;
}

/**
 * How many groups of each device reported in each clock hour: 0, 1, or 2 for more. Devices have hashes (`deviceHashOf`), and
 * sources numbers below 8: the same connections in two sources would vouch for each other. Holds 73 bytes for each device and
 * source, and an entry of a map.
 */
export class HourTable {
  /** The clock hour since 1970 with which the table begins. */
  readonly firstHour: number;
  readonly #limit: number;
  readonly #slots = new Map<number, number>();
  readonly #sources: number[] = [];
  #groups = new Uint8Array(FIRST_SLOTS * TABLE_HOURS);
  #devices = 0;
  #isFull = false;

  /** `lastHour`: the clock hour of the window's end. `limit`: devices above it are not known. */
  constructor(lastHour: number, limit = MAX_DEVICES_WITH_HOURS) {
    this.firstHour = lastHour - TABLE_HOURS + 1;
    this.#limit = limit;
  }

  /** The devices, whatever the number of their sources. */
  get devices(): number {
    return this.#devices;
  }

  /** Whether it omitted a device. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** The place of a device in a source, added where it is new; -1 above the limit. */
  slotOf(device: number, source: number): number {
    const key = device * SOURCES + source;
    const slot = this.#slots.get(key);
    if (slot !== undefined) return slot;
    if (!this.#sources.some((each) => each !== source && this.#slots.has(device * SOURCES + each))) {
      if (this.#devices === this.#limit) {
        this.#isFull = true;
        return -1;
      }
      this.#devices++;
    }
    if (!this.#sources.includes(source)) this.#sources.push(source);
    return this.#added(key);
  }

  /** Counts a group in an hour. Hours outside of the table are ignored. */
  mark(slot: number, hour: number, groups = 1): void {
    const at = hour - this.firstHour;
    if (slot < 0 || at < 0 || at >= TABLE_HOURS) return;
    const place = slot * TABLE_HOURS + at;
    this.#groups[place] = Math.min(ENOUGH, (this.#groups[place] as number) + groups);
  }

  /** Adds the hours of a device and source, from another table that can begin at another hour. */
  add({ device, source, groups }: DeviceHourRow, firstHour: number): void {
    const slot = this.slotOf(device, source);
    for (let at = 0; at < TABLE_HOURS; at++) {
      const number = groups[at] as number;
      if (number > 0) this.mark(slot, firstHour + at, number);
    }
  }

  /** The hours of a device in a source; null where it is not known. */
  groupsOf(device: number, source: number): Uint8Array | null {
    const slot = this.#slots.get(device * SOURCES + source);
    return slot === undefined ? null : this.#at(slot);
  }

  /** All devices and sources, in order. */
  *rows(): Generator<DeviceHourRow> {
    const keys = Float64Array.from(this.#slots.keys()).sort();
    for (const key of keys) {
      const groups = this.#at(this.#slots.get(key) as number);
      yield { device: Math.floor(key / SOURCES), source: key % SOURCES, groups };
    }
  }

  #added(key: number): number {
    const slot = this.#slots.size;
    if ((slot + 1) * TABLE_HOURS > this.#groups.length) {
      const larger = new Uint8Array(2 * this.#groups.length);
      larger.set(this.#groups);
      this.#groups = larger;
    }
    this.#slots.set(key, slot);
    return slot;
  }

  #at(slot: number): Uint8Array {
    return this.#groups.subarray(slot * TABLE_HOURS, (slot + 1) * TABLE_HOURS);
  }
}
