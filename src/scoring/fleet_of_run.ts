import { type BaselinePhase, baselinePhaseOf } from '../core/detections/baseline.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { type ReadContext, readContext } from './context/fleet_context.ts';
import type { DetectionSettings } from './detection_settings.ts';

/** What the partitions of a run share: what the runs before know of the fleet, and the phase of the baseline. */
export interface FleetOfRun extends ReadContext {
  readonly baseline: BaselinePhase;
}

/** Reads it, as the beginning of the run left it. Throws the errors of storage. */
export async function fleetOfRun(
  { context, runs }: Pick<Stores, 'context' | 'runs'>,
  asOf: Timestamp,
  { rareDevices, baselineHours }: DetectionSettings,
): Promise<FleetOfRun> {
  const read = await readContext(context, asOf, rareDevices);
  return { ...read, baseline: baselinePhaseOf(await runs.baseline(), asOf, baselineHours) };
}
