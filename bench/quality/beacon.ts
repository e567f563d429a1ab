import { HOUR_SECONDS } from '../../src/core/regularity/time_bin.ts';
import type { TimedCount } from '../../src/core/regularity/timed_count.ts';
import type { Random } from '../../tools/sample/random.ts';
import { isInWindow, reportSecond, type SimulatedGroup, WINDOW_HOURS } from './simulated.ts';

/** `on`: always; `off`: switched off from 18:00 to 08:00; `lost`: always on, and 5 % of the reports of the group are lost. */
export type Schedule = 'on' | 'off' | 'lost';

export interface BeaconPlan {
  /** Seconds between two connections. */
  readonly sleep: number;
  /** Half the width of the uniform distribution of a sleep, as a share of it. */
  readonly jitter: number;
  readonly schedule: Schedule;
  /** How long it has run, at most 72. */
  readonly hours: number;
}

const LOST = 0.05;

/** A beacon in 72 hours, as the detectors see it, and as rivals that need the time of each connection see it. */
export interface BeaconGroup extends SimulatedGroup {
  /** Seconds, in order. */
  readonly times: readonly number[];
}

/** The reports of a beacon: section 8 of the definition of `regularity`. */
export function beaconGroup({ sleep, jitter, schedule, hours }: BeaconPlan, random: Random): BeaconGroup {
  const isOn = (second: number) => schedule !== 'off' || isWorkingHour(second);
  const phase = random.fraction() * HOUR_SECONDS;
  const begin = random.fraction() * (WINDOW_HOURS - hours) * HOUR_SECONDS;
  const end = begin + hours * HOUR_SECONDS;
  // By reporting hour: hour −1 begins before the window.
  const perHour = new Int32Array(WINDOW_HOURS + 2);
  const times: number[] = [];
  for (let t = begin + random.fraction() * sleep; t < end; ) {
    if (isOn(t)) {
      const hour = Math.floor((t - phase) / HOUR_SECONDS) + 1;
      perHour[hour] = (perHour[hour] ?? 0) + 1;
      times.push(t);
    }
    t += sleep * (1 + jitter * (2 * random.fraction() - 1));
  }
  const counts: TimedCount[] = [];
  const deviceOn = new Set<number>();
  for (const [index, count] of perHour.entries()) {
    const start = phase + (index - 1) * HOUR_SECONDS;
    if (isOn(start)) deviceOn.add(Math.floor(start / HOUR_SECONDS));
    if (count === 0) continue;
    const second = reportSecond(start, random);
    if (schedule === 'lost' && random.chance(LOST)) continue;
    if (isInWindow(second)) counts.push({ second, count });
  }
  return { counts, deviceOn, times };
}

/** From 08:00 to 18:00. */
function isWorkingHour(second: number): boolean {
  const hour = (((second / HOUR_SECONDS) % 24) + 24) % 24;
  return hour >= 8 && hour < 18;
}
