import { HOUR_MS } from '../../core/kql/timespan.ts';
import { msOf, type Timestamp } from '../../core/kql/timestamp.ts';
import { fewDevicesOf, manyDevicesOf } from '../../core/regularity/fleet_limits.ts';
import { STAY_HOURS } from '../../core/regularity/fleet_partial.ts';
import type { HourTable } from '../../core/regularity/hour_table.ts';
import type { ContextFiles } from '../../storage/ports/context.ts';
import type { Partition } from '../../storage/ports/hourly_counts.ts';
import { readContextFile, UnreadableFileError } from './context_file.ts';
import { decodeMerged, MERGED_SECTION, type MergedFleet } from './merged_codec.ts';
import { mergedName } from './names.ts';
import { pairHashOf } from './pair_hash.ts';

/** With partials of fewer partitions there is no context. */
export const LEAST_PARTITIONS = 8;

/** A process in a network, in the run before. */
export interface PairInFleet {
  /** On how many devices it was regular; infinite for common. */
  readonly regularDevices: number;
  /** Since which clock hour it is seen; null where it is not new (`isNewPair`). */
  readonly newSince: number | null;
  /** Whether more than few devices used it; true where that is not known. */
  readonly isShared: boolean;
}

/** What a run knows of the fleet: the sum of the runs before. */
export class FleetContext {
  /** The run of each partition that it counts, by its asOf; absent for a partition that it does not count. */
  readonly counted: ReadonlyMap<Partition, Timestamp>;
  /** Devices of the window. */
  readonly devices: number;
  /** Up to so many devices are few, and more than `many` are many. */
  readonly few: number;
  readonly many: number;
  readonly #merged: MergedFleet;
  /** The last clock hour of which the oldest counted partial says who still uses a pair. */
  readonly #settledUntil: number;

  /** `rareDevices`: a number of devices that are few, whatever the size of the fleet; null: as the fleet says. */
  constructor(merged: MergedFleet, rareDevices: number | null = null) {
    this.#merged = merged;
    this.counted = merged.counted;
    this.devices = merged.hours.devices;
    this.few = rareDevices ?? fewDevicesOf(this.devices);
    this.many = manyDevicesOf(this.devices);
    const counted = [...merged.counted.values()].map((asOf) => Math.floor(msOf(asOf) / HOUR_MS));
    this.#settledUntil = Math.min(...counted) + STAY_HOURS;
  }

  /** The hours of the devices, by hash and source. */
  get hours(): HourTable {
    return this.#merged.hours;
  }

  /** How many pairs more than few devices use: most partitions have most of them. */
  get sharedPairs(): number {
    return this.#merged.shared.size;
  }

  /** What the run before says of a process in a network. */
  pairOf(process: string, network: string): PairInFleet {
    const { isFull, regular, shared, newPairs } = this.#merged;
    const pair = pairHashOf(process, network);
    return {
      regularDevices: regular.get(pair) ?? (isFull ? Number.POSITIVE_INFINITY : 0),
      newSince: newPairs.get(pair) ?? null,
      isShared: isFull || shared.has(pair),
    };
  }

  /** Whether a pair, given by its hash, was seen first less than seven days ago, in a tenant that had been observed for a day. */
  isNewPair(pair: number): boolean {
    return this.#merged.newPairs.has(pair);
  }

  /**
   * Whether more than `few` devices use a pair, as the runs of a time know it: then this is so for all partitions together, too.
   * `hour`: the clock hour of the end of their window. False where that is not known.
   */
  isSettled(pair: number, hour: number): boolean {
    return hour <= this.#settledUntil && this.#merged.settled.has(pair);
  }
}

/** The context of a run, and what it lacks. */
export interface ReadContext {
  /** null where there is none: the first run, or what was written cannot be read. */
  readonly context: FleetContext | null;
  /** A sentence; '' where nothing is missing. */
  readonly fault: string;
}

/** Reads the context of the runs up to `asOf`. That there is none is no error. Throws the errors of storage. */
export async function readContext(
  files: ContextFiles,
  asOf: Timestamp,
  rareDevices: number | null = null,
): Promise<ReadContext> {
  try {
    const merged = await readContextFile(files, mergedName(asOf), MERGED_SECTION, decodeMerged);
    const { size } = merged.counted;
    const faults = merged.faults.join('; ');
    if (size >= LEAST_PARTITIONS) return { context: new FleetContext(merged, rareDevices), fault: faults };
    return { context: null, fault: faults };
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    if (error.refusal !== null) throw error.refusal;
    return { context: null, fault: error.message };
  }
}
