import { manyDevicesOf } from './fleet_limits.ts';
import { type FleetPartial, MAX_PAIRS, MOST_USERS, type PairFacts } from './fleet_partial.ts';
import { HourTable, SOURCES_OF_DEVICE, TABLE_HOURS } from './hour_table.ts';

export interface SumLimits {
  readonly devices?: number;
  readonly pairs?: number;
}

/**
 * The sum of the partials of all partitions, as if one had seen all groups. Of each pair it keeps the devices on which it is
 * regular, up to `many` of the fleet; on more it is common. `lastHour`: the clock hour of the end of the newest window.
 */
export function sumOfPartials(
  partials: readonly FleetPartial[],
  lastHour: number,
  limits: SumLimits = {},
): FleetPartial {
  // A device connects to addresses of all partitions: each partial has most devices.
  const expected = partials.reduce((most, part) => Math.max(most, part.hours.slots), 0);
  const hours = new HourTable(lastHour, limits.devices, expected);
  for (const { hours: part } of partials) addHours(hours, part);
  const many = manyDevicesOf(hours.devices);
  const most = limits.pairs ?? MAX_PAIRS;
  const pairs = new Map<number, PairFacts>();
  let isFull = partials.some((part) => part.isFull);
  for (const part of partials) {
    for (const [pair, facts] of part.pairs) {
      const before = pairs.get(pair);
      if (before === undefined && pairs.size === most) isFull = true;
      else pairs.set(pair, summed(before, facts, many));
    }
  }
  return { hours, pairs, isFull, reports: summedReports(hours.firstHour, partials) };
}

/** By hour of a table that begins with `firstHour`. */
function summedReports(firstHour: number, partials: readonly FleetPartial[]): number[] {
  return Array.from({ length: TABLE_HOURS }, (_, at) =>
    partials.reduce((sum, { hours, reports }) => sum + (reports[firstHour + at - hours.firstHour] ?? 0), 0),
  );
}

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

function summed(before: PairFacts | undefined, next: PairFacts, many: number): PairFacts {
  return {
    firstHour: Math.min(before?.firstHour ?? next.firstHour, next.firstHour),
    users: union(before === undefined ? NONE : before.users, next.users, MOST_USERS),
    regular: union(before === undefined ? NONE : before.regular, next.regular, many),
  };
}

/** The devices of both; null where they are more, or where one of the two has more. */
function union(a: readonly number[] | null, b: readonly number[] | null, most: number): readonly number[] | null {
  if (a === null || b === null) return null;
  const all = a.length === 0 ? b : b.length === 0 ? a : [...new Set([...a, ...b])];
  return all.length > most ? null : all;
}

const NONE: readonly number[] = [];
