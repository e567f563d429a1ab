import { type Random, randomOf } from './random.ts';
import { type ReportingPeriod, reportingPeriods } from './reporting.ts';
import { ALWAYS, type Hours } from './span.ts';

export interface Device {
  /** Index in the plan, from 0. */
  readonly index: number;
  readonly kind: 'server' | 'workstation' | 'laptop';
  readonly name: string;
  /** 40 hexadecimal digits. */
  readonly id: string;
  readonly machineGroup: string;
  /** Laptops are on for nine hours of every 24, other devices always. */
  readonly hours: Hours;
  /** One address; a laptop has a second one, of the wireless network. */
  readonly localIPs: readonly string[];
  readonly user: User;
  /** Whether it reports so close to the full hour that some clock hours have two reports and some have none. */
  readonly nearFullHour: boolean;
  readonly reporting: readonly ReportingPeriod[];
  readonly firstReportId: number;
}

export interface User {
  readonly name: string;
  readonly domain: string;
  readonly sid: string;
  readonly upn: string | null;
}

export const SYSTEM: User = { name: 'system', domain: 'nt authority', sid: 'S-1-5-18', upn: null };

/** The number in a device name has four digits. */
export const MOST_DEVICES = 10_000;

// The first is always on, so that a tenant of one device can hold every seeded beacon.
const KINDS = ['server', 'workstation', 'laptop', 'workstation', 'laptop'] as const;
const PREFIX = { server: 'srv', workstation: 'wks', laptop: 'lap' } as const;
const FIRST_NAMES = ['ada', 'bo', 'cleo', 'dara', 'emil', 'finn', 'gita', 'hugo', 'ines', 'jun', 'kaya', 'luis'];
const LAST_NAMES = ['abel', 'berg', 'cruz', 'dahl', 'ekow', 'faro', 'gray', 'holm', 'ito', 'jain', 'kern', 'lund'];

/** The device at an index of the tenant of a seed; it does not depend on the size of the tenant. */
export function deviceAt(seed: number, index: number): Device {
  const random = randomOf(seed, 'device', index);
  const kind = KINDS[index % KINDS.length] as Device['kind'];
  // 37 and 10,000 have no common divisor, so no number occurs twice.
  const number = (randomOf(seed, 'names').int(0, MOST_DEVICES - 1) + index * 37) % MOST_DEVICES;
  const subnet = 10 + (index >> 7);
  const host = 2 + (index & 127);
  const nearFullHour = index % 8 === 3;
  return {
    index,
    kind,
    name: `${PREFIX[kind]}-${String(number).padStart(4, '0')}.corp.example`,
    id: random.hex(40),
    machineGroup: `${kind}s`,
    hours: kind === 'laptop' ? { first: random.int(6, 10), length: 9, daily: true } : ALWAYS,
    localIPs: kind === 'laptop' ? [`10.20.${subnet}.${host}`, `10.21.${subnet}.${host}`] : [`10.20.${subnet}.${host}`],
    user: userOf(random),
    nearFullHour,
    reporting: reportingPeriods(nearFullHour, random),
    firstReportId: random.int(1, 65_000),
  };
}

function userOf(random: Random): User {
  const name = `${random.pick(FIRST_NAMES)}.${random.pick(LAST_NAMES)}`;
  return {
    name,
    domain: 'corp',
    sid: `S-1-5-21-1004336348-1177238915-682003330-${random.int(1_001, 9_999)}`,
    upn: `${name}@corp.example`,
  };
}
