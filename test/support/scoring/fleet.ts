import type { BaselinePhase } from '../../../src/core/detections/baseline.ts';
import type { DecisionMemory } from '../../../src/core/detections/detection.ts';
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { addMs, msOf, type Timestamp } from '../../../src/core/kql/timestamp.ts';
import { HourTable } from '../../../src/core/regularity/hour_table.ts';
import { encodeContextFile } from '../../../src/scoring/context/context_file.ts';
import { FleetContext } from '../../../src/scoring/context/fleet_context.ts';
import { encodeMerged, encodeRare, type MergedFleet } from '../../../src/scoring/context/merged_codec.ts';
import { mergedName } from '../../../src/scoring/context/names.ts';
import { pairHashOf } from '../../../src/scoring/context/pair_hash.ts';
import { PairSet } from '../../../src/scoring/context/pair_set.ts';
import { DETECTION_SETTINGS, type DetectionSettings } from '../../../src/scoring/detection_settings.ts';
import type { FleetOfRun } from '../../../src/scoring/fleet_of_run.ts';
import { PARTITIONS } from '../../../src/storage/keys.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';

/** The settings without a baseline. */
export const NO_BASELINE: DetectionSettings = Object.freeze({ ...DETECTION_SETTINGS, baselineHours: 0 });

/** A decision that is made, without `regularity`. */
export const DECIDED: DecisionMemory = Object.freeze({
  isDecided: true,
  isRipe: false,
  runsInARow: 0,
  highestSeverity: 'high',
  lastNotified: null,
});

export interface FleetChanges {
  /** The run that the context counts of each partition; by default the one an hour before. */
  readonly counted?: Timestamp;
  /** Process and network, with the number of devices on which it was regular. */
  readonly regular?: readonly (readonly [process: string, network: string, devices: number])[];
  /** Process and network that more than three devices use. */
  readonly shared?: readonly (readonly [process: string, network: string])[];
  /** Process and network that are new. */
  readonly fresh?: readonly (readonly [process: string, network: string])[];
  readonly baseline?: BaselinePhase;
  /** Pairs were omitted. */
  readonly isFull?: boolean;
}

/** A fleet in which three devices are few and ten many, as a run up to `asOf` knows it. */
export function fleetAt(asOf: Timestamp, changes: FleetChanges = {}): FleetOfRun {
  const { baseline = 'over' } = changes;
  return { context: new FleetContext(mergedAt(asOf, changes), 3), fault: '', baseline };
}

function mergedAt(asOf: Timestamp, changes: FleetChanges): MergedFleet {
  const { counted = addMs(asOf, -HOUR_MS), regular = [], shared = [], fresh = [], isFull = false } = changes;
  const lastHour = Math.floor(msOf(asOf) / HOUR_MS);
  return {
    counted: new Map(PARTITIONS.map((partition) => [partition, counted])),
    faults: [],
    hours: new HourTable(lastHour),
    regular: new Map(regular.map(([process, network, devices]) => [pairHashOf(process, network), devices])),
    shared: new PairSet(shared.map(([process, network]) => pairHashOf(process, network))),
    settled: new PairSet([]),
    newPairs: new Map(fresh.map(([process, network]) => [pairHashOf(process, network), lastHour])),
    isFull,
  };
}

/** Stores what a run up to `asOf` reads of the fleet. */
export async function putFleet(
  { context }: Pick<Stores, 'context'>,
  asOf: Timestamp,
  counted: Timestamp = addMs(asOf, -HOUR_MS),
): Promise<void> {
  const merged = encodeMerged(mergedAt(asOf, { counted }));
  await context.put(mergedName(asOf), encodeContextFile([merged, encodeRare([])]));
}
