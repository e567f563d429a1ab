import { HOUR_SECONDS } from '../../../src/core/regularity/time_bin.ts';
import type { TimedCount } from '../../../src/core/regularity/timed_count.ts';
import { type Random, randomOf } from '../../../tools/sample/random.ts';
import { logUniform, normal, poisson, uniform } from '../irregular.ts';
import { reportSecond } from '../simulated.ts';
import { FLEET_HOURS, type FleetPlan, type Installation, type Pair } from './plan.ts';
import type { OnSpan } from './presence.ts';

/** The reports of one device, process and address, in order of time. */
export interface FleetGroup {
  readonly installation: Installation;
  readonly address: string;
  readonly network: string;
  readonly reports: readonly TimedCount[];
  /** The first hourly run that sees the report: it ends at this hour. */
  readonly seenBy: Int16Array;
}

/** Delivery lags 5 to 40 minutes behind the end of the reporting hour; a run starts 45 minutes after its hour. */
const LAG_SECONDS = [300, 2_400] as const;
const RUN_DELAY_SECONDS = 2_700;
/** Share of the days on which a device uses a pair of people's traffic. */
const BROWSING_DAYS = 0.25;
const OUTAGE_SECONDS = 2 * HOUR_SECONDS;

/** All groups of a fleet. */
export function fleetGroups(seed: number, plan: FleetPlan): FleetGroup[] {
  return plan.installations.flatMap((installation, number) =>
    groupsOf(installation, plan, randomOf(seed, 'traffic', number)),
  );
}

interface OpenGroup {
  readonly seconds: number[];
  readonly counts: number[];
  readonly seenBy: number[];
}

function groupsOf(installation: Installation, plan: FleetPlan, random: Random): FleetGroup[] {
  const { pair, device, from, to } = installation;
  const open = new Map<number, OpenGroup>();
  const source = sourceOf(installation, random);
  for (const span of plan.devices[device]?.spans ?? []) {
    source.start(Math.max(span.from, from));
    for (const hour of reportingHours(span)) {
      if (hour.to <= from || hour.from >= to) continue;
      const perAddress = source.connections(Math.max(hour.from, from), Math.min(hour.to, to));
      for (const [address, count] of perAddress) {
        const seen = seenByOf(hour.to, plan, random);
        const second = reportSecond(hour.from, random);
        if (seen === null) continue;
        let group = open.get(address);
        if (group === undefined) {
          group = { seconds: [], counts: [], seenBy: [] };
          open.set(address, group);
        }
        group.seconds.push(second);
        group.counts.push(count);
        group.seenBy.push(seen);
      }
    }
  }
  const network = `${pair.network}.0.0/16`;
  return Array.from(open, ([number, group]) => ({
    ...{ installation, network, address: addressOf(pair, number) },
    ...inOrder(group),
  }));
}

function addressOf({ network, firstAddress = 0 }: Pair, number: number): string {
  const all = firstAddress + number;
  return `${network}.${Math.floor(all / 250)}.${(all % 250) + 1}`;
}

function* reportingHours({ from, to }: OnSpan): Generator<OnSpan> {
  for (let start = from; start < to; start += HOUR_SECONDS)
    yield { from: start, to: Math.min(start + HOUR_SECONDS, to) };
}

/** Reports of short reporting hours, around a reboot, can overtake each other. */
function inOrder({ seconds, counts, seenBy }: OpenGroup): Pick<FleetGroup, 'reports' | 'seenBy'> {
  const order = seconds.map((_, index) => index).sort((a, b) => (seconds[a] as number) - (seconds[b] as number));
  return {
    reports: order.map((index) => ({ second: seconds[index] as number, count: counts[index] as number })),
    seenBy: Int16Array.from(order, (index) => seenBy[index] as number),
  };
}

/** The first run that sees a report of a reporting hour that ends at `end`; null for one that is lost. */
function seenByOf(end: number, { outage, isOutageLost }: FleetPlan, random: Random): number | null {
  let arrival = end + uniform(...LAG_SECONDS, random);
  if (arrival >= outage && arrival < outage + OUTAGE_SECONDS) {
    if (isOutageLost) return null;
    arrival = outage + OUTAGE_SECONDS;
  }
  return Math.ceil((arrival - RUN_DELAY_SECONDS) / HOUR_SECONDS);
}

/** Makes the connections of one pair on one device. */
interface TrafficSource {
  /** The device has started, or the program has. */
  start(second: number): void;
  /** Connections per address, of a part of an hour. */
  connections(from: number, to: number): Map<number, number>;
}

function sourceOf({ pair, device }: Installation, random: Random): TrafficSource {
  const { rhythm, addresses, rotation } = pair;
  const own = random.int(0, addresses - 1);
  const addressAt = (second: number) =>
    rotation === 'each' ? random.int(0, addresses - 1) : (own + Math.floor(second / (24 * HOUR_SECONDS))) % addresses;
  const countOf = rhythm.kind === 'clock' ? null : COUNTS[rhythm.kind](random, device);
  let next = 0;
  return {
    start(second) {
      if (rhythm.kind === 'clock') next = second + random.fraction() * rhythm.interval;
    },
    connections(from, to) {
      const perAddress = new Map<number, number>();
      const add = (second: number) => {
        const address = addressAt(second);
        perAddress.set(address, (perAddress.get(address) ?? 0) + 1);
      };
      if (rhythm.kind === 'clock') {
        for (; next < to; next += rhythm.interval * (1 + rhythm.jitter * (2 * random.fraction() - 1))) {
          if (next >= from) add(next);
        }
      } else {
        const count = countOf?.(from / HOUR_SECONDS, (to - from) / HOUR_SECONDS) ?? 0;
        for (let connection = 0; connection < count; connection++) add(from);
      }
      return perAddress;
    },
  };
}

/** Connections in a part of an hour: `share` of it, from `hour` on. */
type HourCount = (hour: number, share: number) => number;

const COUNTS: Readonly<
  Record<'background' | 'wave' | 'browsing' | 'burst', (random: Random, device: number) => HourCount>
> = {
  background(random) {
    const rate = logUniform(0.06, 200, random);
    return (_hour, share) => poisson(rate * share, random);
  },
  wave(random) {
    const rate = logUniform(0.06, 200, random);
    const depth = uniform(0.5, 0.95, random);
    return (hour, share) => poisson(rate * share * (1 + depth * Math.cos((2 * Math.PI * (hour - 13)) / 24)), random);
  },
  /** People: on some days, mostly in working hours. Most groups of a tenant are seen in a few hours alone. */
  browsing(random) {
    const days = Array.from({ length: FLEET_HOURS / 24 + 1 }, () => random.chance(BROWSING_DAYS));
    const used = uniform(0.1, 0.95, random);
    const mu = uniform(0, 5, random);
    const sigma = uniform(0.7, 1.5, random);
    return (hour, share) => {
      const ofDay = ((hour % 24) + 24) % 24;
      if (!days[Math.max(0, Math.floor(hour / 24))]) return 0;
      const isWork = ofDay >= 8 && ofDay < 18 && Math.floor(hour / 24) % 7 < 5;
      if (!random.chance(used * (isWork ? 1 : 0.1) * share)) return 0;
      return Math.max(1, Math.round(Math.exp(mu + sigma * normal(random))));
    };
  },
  burst(random) {
    const rate = logUniform(20, 400, random);
    return (_hour, share) => poisson(rate * share, random);
  },
};
