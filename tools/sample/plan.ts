import { HOUR_MS } from '../../src/core/kql/timespan.ts';
import { backgroundOf } from './background.ts';
import { type Device, deviceAt, MOST_DEVICES } from './device.ts';
import { type FaultPlace, faultPlaces } from './faults.ts';
import { program } from './program.ts';
import { randomOf } from './random.ts';
import { RECIPES, type Recipe } from './seeded_beacons.ts';
import { ALWAYS, type Hours, hoursOn, SAMPLE_HOURS } from './span.ts';
import type { PlannedTraffic } from './traffic.ts';

export interface SampleOptions {
  readonly devices: number;
  /** An integer; another seed gives another tenant. */
  readonly seed: number;
  /** End of the sample in ms since the Unix epoch, reduced to the full UTC hour. */
  readonly end: number;
  /** Without the irregularities of real exports; see `Plan.plain`. */
  readonly plain?: boolean;
}

/** The content of a tenant. */
export interface Plan {
  readonly seed: number;
  /**
   * Sensors report on the clock hour, every report has its count, and nothing is repeated, late or unreadable. An event is
   * logged in its own hour. So every format holds the same connections in the same hours.
   */
  readonly plain: boolean;
  /** Milliseconds since the Unix epoch, a full UTC hour; the tenant covers `(start, end]`. */
  readonly start: number;
  readonly end: number;
  readonly tenantId: string;
  readonly devices: readonly Device[];
  /** The groups of each device, by its index: the seeded beacons, then the background. */
  readonly traffic: readonly (readonly PlannedTraffic[])[];
  readonly seededBeacons: readonly SeededBeacon[];
  readonly faults: readonly FaultPlace[];
}

/** A seeded group, with the expected result of the rule at its default settings and `asOf` at the tenant's end. */
export interface SeededBeacon {
  readonly kind: string;
  readonly device: string;
  readonly process: string | null;
  readonly remoteIP: string | null;
  /** Null if only the address is known. */
  readonly domain: string | null;
  readonly ports: readonly number[];
  readonly intervalSeconds: number;
  /** Share of the interval by which a sleep may be shorter or longer. */
  readonly jitter: number;
  /** Number of hours with traffic, of 72. */
  readonly hoursOn: number;
  readonly expected: 'found' | 'missed';
  readonly why: string;
}

/** Devices that share one set of seeded beacons. */
const DEVICES_PER_SET = 40;
const TENANT_ID = '11111111-2222-3333-4444-555555555555';

/** Plans a tenant. Throws a RangeError for an invalid number of devices, seed or end. */
export function planTenant({ devices: count, seed, end: until, plain = false }: SampleOptions): Plan {
  if (!Number.isInteger(count) || count < 1 || count > MOST_DEVICES) {
    throw new RangeError(`devices must be a whole number from 1 to ${MOST_DEVICES}, got ${count}`);
  }
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a whole number, got ${seed}`);
  const end = Math.floor(until / HOUR_MS) * HOUR_MS;
  // Years of four digits, with room for the 72 hours before.
  if (!(end >= Date.UTC(1970, 1) && end < Date.UTC(9999, 11))) {
    throw new RangeError(`end must be in the years 1970 to 9999, got ${until} ms`);
  }

  const devices = Array.from({ length: count }, (_, index) => deviceAt(seed, index));
  const traffic: PlannedTraffic[][] = devices.map(() => []);
  const seededBeacons: SeededBeacon[] = [];
  for (let first = 0; first < count; first += DEVICES_PER_SET) {
    seedBeacons(seed, devices.slice(first, first + DEVICES_PER_SET), traffic, seededBeacons);
  }
  for (const device of devices) traffic[device.index]?.push(...backgroundOf(seed, device));
  const faults = plain ? [] : faultPlaces(seed);
  const start = end - SAMPLE_HOURS * HOUR_MS;
  return { seed, plain, start, end, tenantId: TENANT_ID, devices, traffic, seededBeacons, faults };
}

/** Adds every recipe once to these devices. */
function seedBeacons(
  seed: number,
  devices: readonly Device[],
  traffic: readonly PlannedTraffic[][],
  seededBeacons: SeededBeacon[],
): void {
  const steady = devices.filter((device) => device.kind !== 'laptop');
  const laptop = devices.find((device) => device.kind === 'laptop');
  // If two reports fall into one clock hour and none into the next, the average over hours with reports rises: the rule
  // may find a beacon just below the threshold there.
  const calm = steady.filter((device) => !device.nearFullHour);
  // The name of the stream stays: another one would change every tenant.
  let next = randomOf(seed, 'seeding', devices[0]?.index ?? 0).int(0, steady.length - 1);
  for (const recipe of RECIPES) {
    const homes = recipe.expected === 'missed' ? calm : steady;
    const copies = Math.min(recipe.devices ?? 1, homes.length);
    for (let copy = 0; copy < copies; copy++) {
      const onLaptop = recipe.on === 'laptop' && laptop !== undefined;
      if (!onLaptop && recipe.on !== 'same-device') next++;
      const device = onLaptop ? laptop : (homes[next % homes.length] as Device);
      const hours = onLaptop ? laptop.hours : (recipe.hours ?? ALWAYS);
      const group = trafficOf(recipe, hours, seededBeacons.length);
      traffic[device.index]?.push(group);
      seededBeacons.push(seededBeaconOf(recipe, device, group));
    }
  }
}

function trafficOf(recipe: Recipe, hours: Hours, number: number): PlannedTraffic {
  const { process, facts, intervalSeconds, jitter, ports = [443], outcome = 'success', countless = 0 } = recipe;
  return {
    program: program(process, facts),
    // A range of RFC 5737 that the background does not use.
    remoteIP: recipe.remoteIP === undefined ? `203.0.113.${1 + (number % 254)}` : recipe.remoteIP,
    remoteUrl: domainOf(recipe, number),
    ports,
    outcome,
    hours,
    pace: { kind: 'beacon', intervalSeconds, jitter },
    countless,
  };
}

function domainOf({ kind, remoteIP, devices }: Recipe, number: number): string | null {
  if (remoteIP === undefined) return `${kind}-${number}.example.com`;
  return devices === undefined ? null : `${kind}.example.com`;
}

function seededBeaconOf(
  recipe: Recipe,
  device: Device,
  { remoteIP, remoteUrl, ports, hours }: PlannedTraffic,
): SeededBeacon {
  const { kind, process, intervalSeconds, jitter, expected, why } = recipe;
  return {
    kind,
    device: device.name,
    process,
    remoteIP,
    domain: remoteUrl,
    ports,
    intervalSeconds,
    jitter,
    hoursOn: hoursOn(hours),
    expected,
    why,
  };
}
