import { HOUR_SECONDS } from '../../../src/core/regularity/time_bin.ts';
import type { SETUPS, Setup } from './detections.ts';
import { DEVICES, FLEET_HOURS, type Pair, WEEK_HOURS } from './plan.ts';
import { type FleetRun, runFleet } from './run.ts';

/** Where a detection comes from. `common poller`: regular on more than 10 devices; `uncommon poller`: on 4 to 10. */
export const ORIGINS = [
  'common poller',
  'uncommon poller',
  'rollout',
  'update day',
  'irregular traffic',
  'rare regular program',
  'beacon',
] as const;
export type FleetOrigin = (typeof ORIGINS)[number];

/** Detections by origin. */
export type ByOrigin = Readonly<Record<FleetOrigin, number>>;

/** One seeded beacon, with both detectors. Hours since it started; null: not within the runs. */
export interface FleetBeacon {
  readonly interval: number;
  readonly jitter: number;
  readonly isLaptop: boolean;
  /** More than ten devices use its process in its network. */
  readonly isHidden: boolean;
  /** Hour of the week. */
  readonly start: number;
  readonly recorded: number | null;
  readonly notified: number | null;
}

/** The runs over one fleet. Numbers are of the week; beacons have three days more. */
export interface FleetSummary {
  readonly seed: number;
  readonly hours: number;
  /** Groups of device, process and address with any report. */
  readonly groups: number;
  readonly pairs: number;
  readonly baselineEnd: number | null;
  /** Episodes: what each detector alone would send if nobody compared it with the fleet. */
  readonly opened: Readonly<Record<Setup, ByOrigin>>;
  readonly notified: Readonly<Record<Setup, ByOrigin>>;
  /** The part of `notified` that the digest at the end of the baseline holds. */
  readonly digest: Readonly<Record<Setup, ByOrigin>>;
  readonly beacons: readonly FleetBeacon[];
}

/** Devices above which a fleet of 200 calls something common. */
const MANY = 10;
const RUN_DELAY_HOURS = 0.75;

export function fleetSummary(seed: number, hours = FLEET_HOURS): FleetSummary {
  const run = runFleet(seed, hours);
  const { plan, groups, events, baselineEnd } = run;
  const ofWeek = events.filter((event) => event.run <= WEEK_HOURS);
  const notified = ofWeek.filter(({ what }) => what === 'notified');
  return {
    ...{ seed, hours, groups, pairs: plan.pairs, baselineEnd },
    opened: bySetup(ofWeek.filter(({ what }) => what === 'opened')),
    notified: bySetup(notified),
    digest: bySetup(notified.filter((event) => event.run === baselineEnd)),
    beacons: beaconsOf(run),
  };
}

/** Device-days of the week, or of the runs if these are fewer. */
export function deviceDays({ hours }: Pick<FleetSummary, 'hours'>): number {
  return (DEVICES * Math.min(hours, WEEK_HOURS)) / 24;
}

function bySetup(events: FleetRun['events']): Record<Setup, ByOrigin> {
  const of = (setup: Setup): ByOrigin => {
    const counts = Object.fromEntries(ORIGINS.map((origin) => [origin, 0])) as Record<FleetOrigin, number>;
    for (const event of events) if (event.setup === setup) counts[originOf(event.installation.pair)]++;
    return counts;
  };
  return { 'kql-rule': of('kql-rule'), regularity: of('regularity'), both: of('both') } satisfies Record<
    (typeof SETUPS)[number],
    ByOrigin
  >;
}

function originOf({ role, devices }: Pair): FleetOrigin {
  switch (role) {
    case 'poller':
      return devices > MANY ? 'common poller' : 'uncommon poller';
    case 'irregular':
      return 'irregular traffic';
    case 'rollout':
      return 'rollout';
    case 'update':
      return 'update day';
    case 'rare':
      return 'rare regular program';
    case 'beacon':
      return 'beacon';
  }
}

function beaconsOf({ plan, events }: FleetRun): FleetBeacon[] {
  return plan.installations.flatMap((installation): FleetBeacon[] => {
    const { pair, device, from } = installation;
    if (pair.role !== 'beacon' || pair.rhythm.kind !== 'clock') return [];
    const start = from / HOUR_SECONDS;
    const after = (what: 'opened' | 'notified') => {
      const event = events.find(
        (each) => each.setup === 'both' && each.what === what && each.installation === installation,
      );
      return event === undefined ? null : rounded(event.run + RUN_DELAY_HOURS - start);
    };
    return [
      {
        ...{ interval: Math.round(pair.rhythm.interval), jitter: rounded(pair.rhythm.jitter) },
        isLaptop: plan.devices[device]?.isLaptop ?? false,
        isHidden: pair.isHidden ?? false,
        ...{ start: rounded(start), recorded: after('opened'), notified: after('notified') },
      },
    ];
  });
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
