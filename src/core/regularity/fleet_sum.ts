import { MAX_DEVICES_WITH_HOURS } from './device_hours.ts';
import { manyDevicesOf } from './fleet_limits.ts';
import { type FleetPartial, MAX_PAIRS, MOST_USERS, type PairFacts } from './fleet_partial.ts';
import { HourTable, SOURCES_OF_DEVICE, TABLE_HOURS } from './hour_table.ts';

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
  readonly #pairs = new Map<number, PairFacts>();
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
    addHours(this.#hours, part);
    const most = this.#limits.pairs ?? MAX_PAIRS;
    this.#isFull ||= isFull;
    for (const [pair, facts] of pairs) {
      const before = this.#pairs.get(pair);
      if (before === undefined && this.#pairs.size === most) this.#isFull = true;
      else this.#pairs.set(pair, summed(before, facts));
    }
    const shift = this.#hours.firstHour - part.firstHour;
    for (let at = 0; at < TABLE_HOURS; at++) this.#reports[at] = (this.#reports[at] ?? 0) + (reports[at + shift] ?? 0);
  }

  /** Of what was added; call it after the last one. */
  sum(): FleetPartial {
    const hours = this.#hours ?? new HourTable(this.#lastHour, this.#limits.devices);
    const many = manyDevicesOf(hours.devices);
    for (const [pair, facts] of this.#pairs) {
      if ((facts.regular?.length ?? 0) > many) this.#pairs.set(pair, { ...facts, regular: null });
    }
    return { hours, pairs: this.#pairs, isFull: this.#isFull, reports: this.#reports };
  }
}

/** Of a fleet of any size: known only after the last partial. */
const MOST_MANY = manyDevicesOf(MAX_DEVICES_WITH_HOURS);

function addHours(into: HourTable, from: HourTable): void {
  const end = from.firstHour + TABLE_HOURS;
  const keys = from.keys();
  for (let slot = 0; slot < keys.length; slot++) {
    const key = keys[slot] as number;
    const place = into.slotOf(Math.floor(key / SOURCES_OF_DEVICE), key % SOURCES_OF_DEVICE);
    for (let hour = from.firstHour; hour < end; hour++) {
      const groups = from.groupsAt(slot, hour);
      if (groups > 0) into.mark(place, hour, groups);
    }
  }
}

function summed(before: PairFacts | undefined, next: PairFacts): PairFacts {
  return {
    firstHour: Math.min(before?.firstHour ?? next.firstHour, next.firstHour),
    users: union(before === undefined ? NONE : before.users, next.users, MOST_USERS),
    regular: union(before === undefined ? NONE : before.regular, next.regular, MOST_MANY),
  };
}

/** The devices of both; null where they are more, or where one of the two has more. */
function union(a: readonly number[] | null, b: readonly number[] | null, most: number): readonly number[] | null {
  if (a === null || b === null) return null;
  const all = a.length === 0 ? b : b.length === 0 ? a : [...new Set([...a, ...b])];
  return all.length > most ? null : all;
}

const NONE: readonly number[] = [];
