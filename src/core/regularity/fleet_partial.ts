import { TABLE_HOURS } from './hour_bits.ts';
import { HourTable } from './hour_table.ts';
import { type PairRows, PairTable } from './pair_table.ts';

/** Pairs of process and network in memory. */
export const MAX_PAIRS = 1_000_000;
/** What is expected comes from a file: a wrong number must not fill the memory. */
const MAX_EXPECTED_PAIRS = 100_000;
/** Devices of all regular pairs together: more make the pair at hand common. */
export const MAX_REGULAR_DEVICES = 1_000_000;
/** A device *stays* with a pair if the window of a run so many hours later still has a report of it. */
export const STAY_HOURS = 6;

/** What a run of one partition knows of the fleet: the part that its addresses show. */
export interface FleetPartial {
  readonly hours: HourTable;
  /** Of process and network, by their hash. */
  readonly pairs: PairRows;
  /** Whether it omitted a pair: those that are not named can be common. */
  readonly isFull: boolean;
  /** The number of reports in each hour of the table. */
  readonly reports: readonly number[];
}

export interface PartialLimits {
  readonly devices?: number;
  readonly pairs?: number;
  readonly regularDevices?: number;
  /** About as many devices as there will be, and pairs. */
  readonly expectedDevices?: number;
  readonly expectedPairs?: number;
}

/** Collects what the groups of one partition say of the fleet. */
export class PartialBuilder {
  readonly hours: HourTable;
  readonly pairs: PairTable;
  readonly #reports: number[] = new Array(TABLE_HOURS).fill(0);
  readonly #most: number;
  readonly #maxPairs: number;
  readonly #maxRegular: number;
  #regular = 0;
  #isFull = false;

  /** `lastHour`: the clock hour of the window's end. `most`: on more devices a regular pair is common. */
  constructor(lastHour: number, most: number, limits: PartialLimits = {}) {
    this.hours = new HourTable(lastHour, limits.devices, limits.expectedDevices);
    this.pairs = new PairTable(Math.min(limits.expectedPairs ?? 0, MAX_EXPECTED_PAIRS));
    this.#most = most;
    this.#maxPairs = limits.pairs ?? MAX_PAIRS;
    this.#maxRegular = limits.regularDevices ?? MAX_REGULAR_DEVICES;
  }

  /**
   * A device uses a pair, given by its hash, from one hour to another. Nobody must be able to choose a process with the hash of
   * another one. Returns the slot of the pair; -1 where there are too many.
   */
  use(pair: number, device: number, firstHour: number, lastHour: number): number {
    const { pairs } = this;
    if (pairs.size === this.#maxPairs && pairs.find(pair) === -1) {
      this.#isFull = true;
      return -1;
    }
    const slot = pairs.add(pair, firstHour);
    pairs.use(slot, device, lastHour > this.hours.firstHour + STAY_HOURS);
    return slot;
  }

  /** A report came in this hour. Hours outside of the table are ignored. */
  report(hour: number): void {
    const at = hour - this.hours.firstHour;
    if (at >= 0 && at < TABLE_HOURS) this.#reports[at] = (this.#reports[at] as number) + 1;
  }

  /** The pair of a slot is regular on a device. */
  regular(slot: number, device: number): void {
    const known = this.pairs.regular.get(slot);
    if (known === 'common' || known?.has(device)) return;
    if ((known?.size ?? 0) === this.#most || this.#regular === this.#maxRegular) {
      this.#regular -= known?.size ?? 0;
      this.pairs.setCommon(slot);
      return;
    }
    this.pairs.addRegular(slot, device);
    this.#regular++;
  }

  /** Call it after the last group. */
  build(): FleetPartial {
    return { hours: this.hours, pairs: this.pairs, isFull: this.#isFull, reports: [...this.#reports] };
  }
}
