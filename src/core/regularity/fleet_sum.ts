import { MAX_DEVICES_WITH_HOURS } from './device_hours.ts';
import { manyDevicesOf } from './fleet_limits.ts';
import { type FleetPartial, MAX_PAIRS } from './fleet_partial.ts';
import { TABLE_HOURS } from './hour_bits.ts';
import { HourTable } from './hour_table.ts';
import { type PairRows, PairTable } from './pair_table.ts';

export interface SumLimits {
  readonly devices?: number;
  readonly pairs?: number;
}

/**
 * The sum of the partials of all partitions, as if one had seen all groups. Of each pair it keeps the devices on which it is
 * regular, up to `many` of the fleet; on more it is common. Partials are added one by one, so that one of them is in memory.
 */
export class FleetSum {
  readonly #lastHour: number;
  readonly #limits: SumLimits;
  #hours: HourTable | null = null;
  #pairs: PairTable | null = null;
  #isFull = false;
  readonly #reports = new Array<number>(TABLE_HOURS).fill(0);

  /** `lastHour`: the clock hour of the end of the newest window. */
  constructor(lastHour: number, limits: SumLimits = {}) {
    this.#lastHour = lastHour;
    this.#limits = limits;
  }

  add({ hours: part, pairs, isFull, reports }: FleetPartial): void {
    // A device connects to addresses of all partitions: each partial has most devices.
    this.#hours ??= new HourTable(this.#lastHour, this.#limits.devices, part.slots);
    this.#hours.addAll(part);
    this.#pairs ??= new PairTable(pairs.size);
    this.#isFull ||= isFull;
    this.#addPairs(this.#pairs, pairs);
    const shift = this.#hours.firstHour - part.firstHour;
    for (let at = 0; at < TABLE_HOURS; at++) this.#reports[at] = (this.#reports[at] ?? 0) + (reports[at + shift] ?? 0);
  }

  /** Of what was added; call it after the last one. */
  sum(): FleetPartial {
    const hours = this.#hours ?? new HourTable(this.#lastHour, this.#limits.devices);
    const pairs = this.#pairs ?? new PairTable();
    const many = manyDevicesOf(hours.devices);
    for (const [slot, devices] of pairs.regular) {
      if (devices !== 'common' && devices.size > many) pairs.setCommon(slot);
    }
    return { hours, pairs, isFull: this.#isFull, reports: this.#reports };
  }

  #addPairs(into: PairTable, from: PairRows): void {
    const places = new Int32Array(from.size);
    for (let slot = 0; slot < from.size; slot++) places[slot] = this.#addPair(into, from, slot);
    for (const [slot, devices] of from.regular) {
      const place = places[slot] as number;
      if (place !== NO_PLACE) addRegular(into, place, devices);
    }
  }

  /** The slot of a pair in the sum; `NO_PLACE` where it has too many. */
  #addPair(into: PairTable, from: PairRows, slot: number): number {
    const pair = from.pairAt(slot);
    if (into.size === (this.#limits.pairs ?? MAX_PAIRS) && into.find(pair) === -1) {
      this.#isFull = true;
      return NO_PLACE;
    }
    const place = into.add(pair, from.firstHourAt(slot));
    const users = from.usersAt(slot);
    for (let n = 0; n < users; n++) into.use(place, from.userAt(slot, n), from.staysAt(slot, n));
    return place;
  }
}

const NO_PLACE = -1;
/** Of a fleet of any size: known only after the last partial. */
const MOST_MANY = manyDevicesOf(MAX_DEVICES_WITH_HOURS);

function addRegular(into: PairTable, slot: number, devices: ReadonlySet<number> | 'common'): void {
  if (devices === 'common') {
    into.setCommon(slot);
    return;
  }
  for (const device of devices) into.addRegular(slot, device);
  const known = into.regular.get(slot);
  if (known !== 'common' && (known?.size ?? 0) > MOST_MANY) into.setCommon(slot);
}
