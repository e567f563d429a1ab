import type { Device } from './device.ts';
import { BROWSERS, INTERNAL_PROGRAMS, OFFICE_PROGRAMS, OTHER_PROGRAMS, type Program } from './program.ts';
import { type Random, randomOf } from './random.ts';
import { type Hours, isOn, SAMPLE_HOURS } from './span.ts';
import type { Pace, PlannedTraffic } from './traffic.ts';

/** Groups of a device that appear in one hour or a few only: nine in ten groups. */
const ONE_OFFS = 60;
/** Ranges for documentation (RFC 5737), unused on the Internet. */
const PUBLIC_PREFIXES = ['192.0.2', '198.51.100'];

/**
 * The traffic of a device without seeded beacons: a few steady but slow groups, a browser's favourites, some traffic to
 * internal servers, and many one-offs. The rule may find some of it, such as a browser.
 */
export function backgroundOf(seed: number, device: Device): PlannedTraffic[] {
  const random = randomOf(seed, 'background', device.index);
  const publicIP = addresses(random);
  const groups: PlannedTraffic[] = [
    group(
      random.pick(device.kind === 'server' ? OTHER_PROGRAMS : OFFICE_PROGRAMS),
      publicIP(),
      device.hours,
      irregular(random.int(4, 30)),
    ),
    group(random.pick(OTHER_PROGRAMS), publicIP(), device.hours, irregular(random.int(2, 12))),
    group(
      random.pick(INTERNAL_PROGRAMS),
      `10.20.0.${random.int(4, 9)}`,
      device.hours,
      irregular(random.int(10, 150)),
      445,
    ),
  ];
  if (device.kind !== 'server') groups.push(...favourites(device, publicIP, random));
  for (let i = 0; i < ONE_OFFS; i++) {
    const browses = device.kind !== 'server' && random.chance(0.7);
    const program = random.pick(browses ? BROWSERS : OTHER_PROGRAMS);
    groups.push(group(program, publicIP(), aFewHours(device, random), irregular(random.int(1, 40))));
  }
  return groups;
}

/** Addresses that a browser visits repeatedly: irregular, at times heavy, mostly for one to three hours a day. */
function favourites(device: Device, publicIP: () => string, random: Random): PlannedTraffic[] {
  return Array.from({ length: random.int(1, 3) }, () => {
    const length = random.chance(0.12) ? 8 : random.int(1, 3);
    const first = device.hours.first + random.int(0, 9 - length);
    return group(random.pick(BROWSERS), publicIP(), { first, length, daily: true }, irregular(random.int(10, 160)));
  });
}

function aFewHours(device: Device, random: Random): Hours {
  const length = random.chance(0.7) ? 1 : random.chance(0.6) ? 2 : random.int(3, 5);
  let first = random.int(0, SAMPLE_HOURS - 1);
  while (!isOn(device.hours, first)) first = random.int(0, SAMPLE_HOURS - 1);
  return { first, length, daily: false };
}

/** Public addresses of a device, none twice, so that no two of its groups coincide. */
function addresses(random: Random): () => string {
  const left = PUBLIC_PREFIXES.flatMap((prefix) => Array.from({ length: 224 }, (_, i) => `${prefix}.${i + 30}`));
  return () => left.splice(random.int(0, left.length - 1), 1)[0] as string;
}

function irregular(typicalPerHour: number): Pace {
  return { kind: 'irregular', typicalPerHour };
}

function group(program: Program, remoteIP: string, hours: Hours, pace: Pace, port = 443): PlannedTraffic {
  return { program, remoteIP, remoteUrl: null, ports: [port], outcome: 'success', hours, pace, countless: 0 };
}
