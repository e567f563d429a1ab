import { type BaselinePhase, baselinePhaseOf } from '../core/detections/baseline.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { type ReadContext, readContext } from './context/fleet_context.ts';
import { unlessRefused } from './context/storage_fault.ts';
import type { DetectionSettings } from './detection_settings.ts';

/** What the partitions of a run share: what the runs before know of the fleet, and the phase of the baseline. */
export interface FleetOfRun extends ReadContext {
  readonly baseline: BaselinePhase;
}

/**
 * Reads it, as the beginning of the run left it. Where storage refuses the context, there is none. `knownFault`: why the file of
 * known networks and programs cannot be read; '' where it can. Severities without it would be wrong, so then there is none, too.
 */
export async function fleetOfRun(
  { context, runs }: Pick<Stores, 'context' | 'runs'>,
  asOf: Timestamp,
  { rareDevices, baselineHours }: DetectionSettings,
  knownFault = '',
): Promise<FleetOfRun> {
  const none = (fault: string): ReadContext => ({ context: null, fault });
  const read =
    knownFault === ''
      ? await unlessRefused(
          () => readContext(context, asOf, rareDevices),
          ({ message }) => none(message),
        )
      : none(knownFault);
  return { ...read, baseline: baselinePhaseOf(await runs.baseline(), asOf, baselineHours) };
}
