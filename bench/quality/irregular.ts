import { HOUR_SECONDS } from '../../src/core/regularity/time_bin.ts';
import type { TimedCount } from '../../src/core/regularity/timed_count.ts';
import type { Random } from '../../tools/sample/random.ts';
import { reportSecond } from './simulated.ts';

/** Kinds of traffic without a clock. */
export const IRREGULAR_KINDS = ['poisson', 'wave', 'browsing'] as const;
export type IrregularKind = (typeof IRREGULAR_KINDS)[number];

/** The reports of one group without a clock, for `hours` hours from 0 on. The device is on all the time. */
export function irregularCounts(kind: IrregularKind, hours: number, random: Random): TimedCount[] {
  const phase = random.fraction() * HOUR_SECONDS;
  const countOf = COUNTS[kind](random);
  const counts: TimedCount[] = [];
  for (let hour = -1; hour <= hours; hour++) {
    const start = phase + hour * HOUR_SECONDS;
    const count = countOf(start / HOUR_SECONDS);
    if (count > 0) counts.push({ second: reportSecond(start, random), count });
  }
  return counts;
}

type CountOf = (hour: number) => number;

const COUNTS: Readonly<Record<IrregularKind, (random: Random) => CountOf>> = {
  poisson(random) {
    const rate = logUniform(0.06, 200, random);
    return () => poisson(rate, random);
  },
  /** The same with a wave of a day: the rate of an hour differs from the mean by up to 50 to 95 %. */
  wave(random) {
    const rate = logUniform(0.06, 200, random);
    const depth = uniform(0.5, 0.95, random);
    const peak = uniform(0, 24, random);
    return (hour) => poisson(rate * (1 + depth * Math.cos((2 * Math.PI * (hour - peak)) / 24)), random);
  },
  /** An hour is used or not; one that is used has a lognormal number of connections. */
  browsing(random) {
    const used = uniform(0.1, 0.95, random);
    const mu = uniform(0, 5, random);
    const sigma = uniform(0.7, 1.5, random);
    return () => (random.chance(used) ? Math.max(1, Math.round(Math.exp(mu + sigma * normal(random)))) : 0);
  },
};

export function uniform(from: number, to: number, random: Random): number {
  return from + (to - from) * random.fraction();
}

/** Each factor is equally likely: as many between 1 and 10 as between 10 and 100. */
export function logUniform(from: number, to: number, random: Random): number {
  return from * (to / from) ** random.fraction();
}

/** Products of fewer factors do not underflow. */
const MAX_RATE = 30;

/** A number of a Poisson distribution: Knuth's product, in parts of at most 30, whose sum has the same distribution. */
export function poisson(rate: number, random: Random): number {
  let count = 0;
  for (let left = rate; left > 0; left -= MAX_RATE) {
    const limit = Math.exp(-Math.min(left, MAX_RATE));
    for (let product = random.fraction(); product > limit; product *= random.fraction()) count++;
  }
  return count;
}

/** Standard normal: Box and Muller. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
}
