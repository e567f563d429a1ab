import { HOUR_SECONDS } from '../../../src/core/regularity/time_bin.ts';
import { type PairConnections, RITA_THRESHOLD, ritaScore } from './rita.ts';
import { gapsBetween, VARIATION_THRESHOLD, variationOf } from './variation.ts';

/** Other ways to find beacons, measured on the same data. */
export const RIVALS = ['rita', 'gap-variation', 'hour-variation'] as const;
export type Rival = (typeof RIVALS)[number];

/** The larger the number, the more a pair looks like a beacon; null where it is not scored. */
export type RivalScores = Readonly<Record<Rival, number | null>>;

/** From this score on a rival finds a pair. */
export const RIVAL_THRESHOLDS: Readonly<Record<Rival, number>> = {
  rita: RITA_THRESHOLD,
  'gap-variation': 1 - VARIATION_THRESHOLD,
  'hour-variation': 1 - VARIATION_THRESHOLD,
};

/** `from`, `to`: the span of the data in seconds. */
export function rivalScores(pair: PairConnections, from: number, to: number): RivalScores {
  return {
    rita: ritaScore(pair, from, to)?.score ?? null,
    'gap-variation': scoreOf(gapsBetween(pair.times)),
    'hour-variation': scoreOf(wholeHours(pair.times)),
  };
}

export function isRivalMatch(scores: RivalScores, rival: Rival): boolean {
  const score = scores[rival];
  return score !== null && score >= RIVAL_THRESHOLDS[rival];
}

/** A coefficient of variation, so that 1 is best. */
function scoreOf(values: readonly number[]): number | null {
  const variation = variationOf(values);
  return variation === null ? null : 1 - variation;
}

/** Connections per clock hour, from the first hour with any to the last, without these two: they are partial. */
function wholeHours(times: readonly number[]): number[] {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return [];
  const start = Math.floor(first / HOUR_SECONDS);
  const hours = Array.from({ length: Math.floor(last / HOUR_SECONDS) - start + 1 }, () => 0);
  for (const time of times) {
    const hour = Math.floor(time / HOUR_SECONDS) - start;
    hours[hour] = (hours[hour] ?? 0) + 1;
  }
  return hours.slice(1, -1);
}
