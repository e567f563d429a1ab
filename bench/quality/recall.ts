import { randomOf } from '../../tools/sample/random.ts';
import { type BeaconPlan, beaconGroup } from './beacon.ts';
import { lookAt, type MeasuredDetector } from './detectors.ts';

/** Runs of a cell. */
export const RUNS = 200;

/** How many of the runs of one cell each detector finds. `regularity` counts where it is ripe at this look. */
export interface RecallCell extends BeaconPlan {
  readonly runs: number;
  readonly found: Readonly<Record<MeasuredDetector, number>>;
}

/** Runs one cell. Each cell has random numbers of its own, so a cell measures the same alone and within the grid. */
export function recallOf(plan: BeaconPlan, seed: number, runs = RUNS): RecallCell {
  const { sleep, jitter, schedule, hours } = plan;
  const random = randomOf(seed, 'recall', sleep, jitter, schedule, hours);
  const found = { 'kql-rule': 0, regularity: 0, both: 0 };
  for (let run = 0; run < runs; run++) {
    const { kql, ripe } = lookAt(beaconGroup(plan, random));
    if (kql) found['kql-rule']++;
    if (ripe) found.regularity++;
    if (kql || ripe) found.both++;
  }
  return { ...plan, runs, found };
}

export function cellName({ sleep, jitter, schedule, hours }: BeaconPlan): string {
  return `sleep ${sleep} s, jitter ${jitter}, ${schedule}, ${hours} h old`;
}
