import { ACCEPTANCE_COLUMNS, ACCEPTANCE_ROWS, JITTERS } from './acceptance.ts';
import type { BeaconPlan, Schedule } from './beacon.ts';

/** Seconds between connections, from a check-in every 30 s to one in 4 hours. */
export const GRID_SLEEPS = [30, 60, 90, 120, 200, 300, 600, 900, 1800, 3600, 7200, 14_400] as const;
export const SCHEDULES: readonly Schedule[] = ['on', 'off', 'lost'];
/** Hours since the infection. */
export const AGES = [72, 24, 12, 8] as const;

/** Every sleep with every jitter, schedule and age. */
export function gridPlans(): BeaconPlan[] {
  return AGES.flatMap((hours) =>
    SCHEDULES.flatMap((schedule) =>
      JITTERS.flatMap((jitter) => GRID_SLEEPS.map((sleep) => ({ sleep, jitter, schedule, hours }))),
    ),
  );
}

/** The cells of the acceptance table: a part of the grid. */
export function acceptancePlans(): BeaconPlan[] {
  const sleeps = ACCEPTANCE_ROWS.flatMap((row) => row.sleeps);
  return ACCEPTANCE_COLUMNS.flatMap(({ schedule, hours }) =>
    sleeps.flatMap((sleep) => JITTERS.map((jitter) => ({ sleep, jitter, schedule, hours }))),
  );
}
