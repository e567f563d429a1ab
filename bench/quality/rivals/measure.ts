import { HOUR_SECONDS } from '../../../src/core/regularity/time_bin.ts';
import { type Random, randomOf } from '../../../tools/sample/random.ts';
import { JITTERS } from '../acceptance.ts';
import { type BeaconPlan, beaconGroup } from '../beacon.ts';
import { GRID_SLEEPS } from '../grid.ts';
import { IRREGULAR_KINDS, type IrregularKind, irregularCounts, normal } from '../irregular.ts';
import { isInWindow, WINDOW_HOURS } from '../simulated.ts';
import type { PairConnections } from './rita.ts';
import { isRivalMatch, RIVALS, type Rival, rivalScores } from './rivals.ts';

/** How many of the runs of a cell each rival finds. */
export interface RivalCell extends BeaconPlan {
  readonly runs: number;
  readonly found: Readonly<Record<Rival, number>>;
}

export interface RivalFalseRate {
  readonly kind: IrregularKind;
  readonly groups: number;
  readonly found: Readonly<Record<Rival, number>>;
}

/** RITA reads a day. */
const RIVAL_HOURS = 24;

/**
 * Recall of the rivals on the same beacons, always on. They see more than our detectors: the second of each connection, and
 * a size that is always the same. Each sees the last 24 hours, as RITA does.
 */
export function rivalRecall(seed: number, runs: number): RivalCell[] {
  return JITTERS.flatMap((jitter) =>
    GRID_SLEEPS.map((sleep): RivalCell => {
      const plan = { sleep, jitter, schedule: 'on', hours: WINDOW_HOURS } as const;
      const random = randomOf(seed, 'recall', sleep, jitter, plan.schedule, plan.hours);
      const found = noneFound();
      for (let run = 0; run < runs; run++) {
        const { times } = beaconGroup(plan, random);
        count(found, { times, sizes: times.map(() => SIZE) });
      }
      return { ...plan, runs, found };
    }),
  );
}

const SIZE = 500;

/** The same for one look at traffic without a clock, whose connections have sizes of a lognormal distribution. */
export function rivalFalseLooks(seed: number, groups: number): RivalFalseRate[] {
  return IRREGULAR_KINDS.map((kind) => {
    const random = randomOf(seed, 'look', kind);
    const detail = randomOf(seed, 'detail', kind);
    const found = noneFound();
    for (let group = 0; group < groups; group++) {
      const counts = irregularCounts(kind, WINDOW_HOURS, random).filter(({ second }) => isInWindow(second));
      const times = counts.flatMap(({ second, count: number }) => timesWithin(second, number, detail));
      times.sort((a, b) => a - b);
      count(found, { times, sizes: times.map(() => Math.round(SIZE * Math.exp(normal(detail)))) });
    }
    return { kind, groups, found };
  });
}

function timesWithin(second: number, number: number, random: Random): number[] {
  return Array.from({ length: number }, () => second + random.fraction() * HOUR_SECONDS);
}

function noneFound(): Record<Rival, number> {
  return { rita: 0, 'gap-variation': 0, 'hour-variation': 0 };
}

function count(found: Record<Rival, number>, { times, sizes }: PairConnections): void {
  const to = WINDOW_HOURS * HOUR_SECONDS;
  const from = to - RIVAL_HOURS * HOUR_SECONDS;
  const kept = times.flatMap((time, index) => (time >= from && time < to ? [index] : []));
  const pair = {
    times: kept.map((index) => times[index] as number),
    sizes: kept.map((index) => sizes[index] as number),
  };
  const scores = rivalScores(pair, from, to);
  for (const rival of RIVALS) if (isRivalMatch(scores, rival)) found[rival]++;
}
