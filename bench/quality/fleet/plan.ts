import { HOUR_SECONDS } from '../../../src/core/regularity/time_bin.ts';
import { type Random, randomOf } from '../../../tools/sample/random.ts';
import { logUniform, uniform } from '../irregular.ts';
import { type OnSpan, onSpans } from './presence.ts';

export const DEVICES = 200;
/** Fleets of a measurement. An outage of the export loses reports where the seed is even. */
export const FLEET_SEEDS = [1, 2, 3] as const;
/** Fleets that had no part in any choice. */
export const HELD_OUT_SEEDS = [4, 5, 6] as const;
/** Hours whose benign notifications count, and in which beacons start. */
export const WEEK_HOURS = 168;
/** Hourly runs: three days more than the week, so that a beacon of its last hour can be found. */
export const FLEET_HOURS = WEEK_HOURS + 72;

/** Pairs of process and network with benign traffic, and those of them that are regular. */
const PAIRS = 300;
const REGULAR_PAIRS = 45;
/** One rare regular program per 20 devices. */
const RARE_PROGRAMS = DEVICES / 20;
const BEACONS = 60;
/** One beacon in so many hides: more than `SHARED_BY` devices use its process in its network. */
const HIDDEN_ONE_IN = 3;
const SHARED_BY = 10;
/** Benign pairs use lower ones. */
const BEACON_ADDRESS = 300;

const LAPTOP_SHARE = 0.4;
/** Of the pairs without a clock; the others are browsing. */
const BACKGROUND_SHARE = 0.1;
const WAVE_SHARE = 0.2;

/** How the traffic of a pair comes about. `clock`: every `interval` seconds. */
export type PairRhythm =
  | { readonly kind: 'clock'; readonly interval: number; readonly jitter: number }
  | { readonly kind: 'background' | 'wave' | 'browsing' }
  | { readonly kind: 'burst' };

/** Why a pair is in the fleet: what its detections count as. `poller`: benign and regular, on 4 devices or more. */
export const ROLES = ['poller', 'irregular', 'rollout', 'update', 'rare', 'beacon'] as const;
export type Role = (typeof ROLES)[number];

/** A process, and a network that it contacts. */
export interface Pair extends PairTraffic {
  /** Devices that have it. */
  readonly devices: number;
  /** A beacon in the process and the network of benign traffic of many devices. */
  readonly isHidden?: boolean;
}

interface PairTraffic {
  readonly process: string;
  /** The first two numbers of its addresses. */
  readonly network: string;
  readonly role: Role;
  readonly rhythm: PairRhythm;
  /** How many addresses of the network it uses, and when it takes another one. */
  readonly addresses: number;
  readonly rotation: 'daily' | 'each';
  /** The number of its first address in the network. */
  readonly firstAddress?: number;
}

/** A pair on a device, from a time on. */
export interface Installation {
  readonly pair: Pair;
  readonly device: number;
  /** Seconds; it may end before the runs do. */
  readonly from: number;
  readonly to: number;
}

export interface FleetDevice {
  readonly name: string;
  readonly isLaptop: boolean;
  readonly spans: readonly OnSpan[];
}

export interface FleetPlan {
  readonly devices: readonly FleetDevice[];
  readonly installations: readonly Installation[];
  /** Benign pairs, without the rare programs. */
  readonly pairs: number;
  /** The first second of the two hours in which the export stands still. */
  readonly outage: number;
  /** Whether its reports are lost; else they are delivered when it is over. */
  readonly isOutageLost: boolean;
}

/** The fleet of a seed. Each part draws from a stream of its own. */
export function fleetPlan(seed: number): FleetPlan {
  const devices = Array.from({ length: DEVICES }, (_, device) => {
    const random = randomOf(seed, 'device', device);
    const isLaptop = random.chance(LAPTOP_SHARE);
    return { name: `device-${device}`, isLaptop, spans: onSpans(isLaptop, FLEET_HOURS, random) };
  });
  const benign = benignPairs(seed).map((pair, number) => ({
    pair,
    on: shareOf(pair, randomOf(seed, 'share', number)),
  }));
  const shared = benign.flatMap(({ pair, on }) => (pair.role === 'irregular' && on.length > SHARED_BY ? pair : []));
  return {
    devices,
    installations: [
      ...benign.flatMap(({ pair, on }) => installed(pair, on)),
      ...rareInstallations(seed),
      ...rollout(seed),
      ...updateDay(seed),
      ...beacons(seed, devices, shared),
    ],
    // With the pairs of the rollout and of the update day.
    pairs: benign.length + 2,
    outage: randomOf(seed, 'outage').int(30, WEEK_HOURS - 10) * HOUR_SECONDS,
    isOutageLost: seed % 2 === 0,
  };
}

function benignPairs(seed: number): PairTraffic[] {
  return Array.from({ length: PAIRS }, (_, number) => {
    const random = randomOf(seed, 'pair', number);
    const isRegular = number < REGULAR_PAIRS;
    return {
      process: isRegular ? `agent-${number}.exe` : `app-${Math.floor(number / 3)}.exe`,
      network: networkOf(number),
      role: isRegular ? 'poller' : 'irregular',
      rhythm: isRegular ? clock(random, 0.1) : { kind: irregularKind(random) },
      addresses: random.pick([1, 1, 1, 2, 4, 8]),
      rotation: random.chance(0.8) ? 'daily' : 'each',
    };
  });
}

function irregularKind(random: Random): 'background' | 'wave' | 'browsing' {
  const kind = random.fraction();
  if (kind < BACKGROUND_SHARE) return 'background';
  return kind < BACKGROUND_SHARE + WAVE_SHARE ? 'wave' : 'browsing';
}

/** 30 s to 6 h, each factor equally likely. */
function clock(random: Random, maxJitter: number, longest = 6): PairRhythm {
  const interval = logUniform(30, longest * HOUR_SECONDS, random);
  return { kind: 'clock', interval, jitter: uniform(0, maxJitter, random) };
}

/** Devices with a pair, at random: a regular one has at least 4, since a rarer one is a rare program. */
function shareOf({ rhythm }: PairTraffic, random: Random): readonly number[] {
  const least = rhythm.kind === 'clock' ? 4 : 1;
  return someDevices(Math.round(logUniform(least, DEVICES, random)), random);
}

function installed(traffic: PairTraffic, devices: readonly number[]): Installation[] {
  const pair = { ...traffic, devices: devices.length };
  return devices.map((device) => ({ pair, device, from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }));
}

function rareInstallations(seed: number): Installation[] {
  return Array.from({ length: RARE_PROGRAMS }, (_, number) => {
    const random = randomOf(seed, 'rare', number);
    const pair: PairTraffic = {
      process: `rare-${number}.exe`,
      network: networkOf(1_000 + number),
      role: 'rare',
      rhythm: clock(random, 0.1),
      addresses: random.pick([1, 1, 2, 4]),
      rotation: 'daily',
    };
    return installed(pair, someDevices(random.int(1, 3), random));
  }).flat();
}

/** A poller that half of the fleet gets within an hour, in the middle of the week, behind 64 addresses. */
function rollout(seed: number): Installation[] {
  const random = randomOf(seed, 'rollout');
  const pair: Pair = {
    process: 'new-agent.exe',
    network: networkOf(2_000),
    role: 'rollout',
    rhythm: { kind: 'clock', interval: logUniform(60, 900, random), jitter: 0.05 },
    addresses: 64,
    rotation: 'daily',
    devices: DEVICES / 2,
  };
  const begin = random.int(60, 108) * HOUR_SECONDS;
  return someDevices(DEVICES / 2, random).map((device) => ({
    ...{ pair, device, from: begin + random.fraction() * HOUR_SECONDS, to: Number.POSITIVE_INFINITY },
  }));
}

/** On one day every device loads updates for some hours, from a network that nobody has used before. */
function updateDay(seed: number): Installation[] {
  const random = randomOf(seed, 'update');
  const pair: Pair = {
    process: 'updater.exe',
    network: networkOf(2_001),
    role: 'update',
    rhythm: { kind: 'burst' },
    addresses: 32,
    rotation: 'each',
    devices: DEVICES,
  };
  const day = random.int(3, 4) * 24;
  return Array.from({ length: DEVICES }, (_, device) => {
    const from = (day + uniform(8, 12, random)) * HOUR_SECONDS;
    return { pair, device, from, to: from + uniform(2, 7, random) * HOUR_SECONDS };
  });
}

/** One device each, at any time of the week, 30 s to 4 h, up to 30 % jitter, one address. */
function beacons(seed: number, devices: readonly FleetDevice[], shared: readonly PairTraffic[]): Installation[] {
  return someDevices(BEACONS, randomOf(seed, 'infected')).map((device, number) => {
    const random = randomOf(seed, 'beacon', number);
    const isHidden = number % HIDDEN_ONE_IN === 0;
    const pair: Pair = {
      process: random.chance(0.5) ? `app-${random.int(20, 90)}.exe` : `implant-${number}.exe`,
      network: networkOf(3_000 + number),
      role: 'beacon',
      rhythm: clock(random, 0.3, 4),
      addresses: 1,
      rotation: 'daily',
      devices: 1,
      ...(isHidden && hiddenIn(randomOf(seed, 'hidden', number).pick(shared), number)),
    };
    const wanted = random.fraction() * WEEK_HOURS * HOUR_SECONDS;
    // It can start only while the device is on.
    const span = devices[device]?.spans.find(({ to }) => to > wanted);
    return { pair, device, from: Math.max(wanted, span?.from ?? wanted), to: Number.POSITIVE_INFINITY };
  });
}

/** As if injected into a program of that pair, behind an address of the same network. */
function hiddenIn({ process, network }: PairTraffic, number: number) {
  return { process, network, firstAddress: BEACON_ADDRESS + number, isHidden: true };
}

function someDevices(number: number, random: Random): number[] {
  const order = Array.from({ length: DEVICES }, (_, device) => ({ device, key: random.fraction() }));
  order.sort((a, b) => a.key - b.key);
  return order.slice(0, number).map(({ device }) => device);
}

function networkOf(number: number): string {
  return `${20 + Math.floor(number / 250)}.${number % 250}`;
}
