import { HourTable, TABLE_HOURS } from './hour_table.ts';

/** Devices that use a pair are counted up to the largest `few`; of a pair with more only that is known. */
export const MOST_USERS = 3;
/** Pairs of process and network in memory, some 150 bytes each. */
export const MAX_PAIRS = 1_000_000;
/** Devices of all regular pairs together: more make the pair at hand common. */
export const MAX_REGULAR_DEVICES = 1_000_000;

/** What is known of one process that connects to one network (/16, IPv6: /32). */
export interface PairFacts {
  /** The clock hour of its first report in the window, since 1970. */
  readonly firstHour: number;
  /** Hashes of the devices that use it; null for more than `MOST_USERS`. */
  readonly users: readonly number[] | null;
  /** Hashes of the devices on which it is regular; null where it is common. */
  readonly regular: readonly number[] | null;
}

/** What a run of one partition knows of the fleet: the part that its addresses show. */
export interface FleetPartial {
  readonly hours: HourTable;
  /** By the hash of process and network. */
  readonly pairs: ReadonlyMap<number, PairFacts>;
  /** Whether it omitted a pair: those that are not named can be common. */
  readonly isFull: boolean;
  /** The number of reports in each hour of the table. */
  readonly reports: readonly number[];
}

/** A pair whose groups are being counted. */
export interface OpenPair {
  /** 0 until it is built. */
  hash: number;
  firstHour: number;
  users: number[] | null;
  regular: Set<number> | 'common' | null;
}

export interface PartialLimits {
  readonly devices?: number;
  readonly pairs?: number;
  readonly regularDevices?: number;
  /** About as many devices as there will be. */
  readonly expectedDevices?: number;
}

/**
 * Collects what the groups of one partition say of the fleet. Groups of one address should follow each other: then a pair is
 * looked up by its process alone.
 */
export class PartialBuilder {
  readonly hours: HourTable;
  readonly #reports: number[] = new Array(TABLE_HOURS).fill(0);
  readonly #most: number;
  readonly #maxPairs: number;
  readonly #maxRegular: number;
  readonly #networks = new Map<string, Map<string, OpenPair>>();
  #network = '';
  #processes = new Map<string, OpenPair>();
  #pairs = 0;
  #regular = 0;
  #isFull = false;

  /** `lastHour`: the clock hour of the window's end. `most`: on more devices a regular pair is common. */
  constructor(lastHour: number, most: number, limits: PartialLimits = {}) {
    this.hours = new HourTable(lastHour, limits.devices, limits.expectedDevices);
    this.#most = most;
    this.#maxPairs = limits.pairs ?? MAX_PAIRS;
    this.#maxRegular = limits.regularDevices ?? MAX_REGULAR_DEVICES;
  }

  /** A device uses a pair, from an hour on. Returns the pair; null where there are too many. */
  use(process: string, network: string, device: number, hour: number): OpenPair | null {
    if (network !== this.#network) this.#processes = this.#processesOf(network);
    let pair = this.#processes.get(process);
    if (pair === undefined) {
      if (this.#pairs === this.#maxPairs) {
        this.#isFull = true;
        return null;
      }
      this.#pairs++;
      pair = { hash: 0, firstHour: hour, users: [device], regular: null };
      this.#processes.set(process, pair);
      return pair;
    }
    if (hour < pair.firstHour) pair.firstHour = hour;
    if (pair.users !== null && !pair.users.includes(device)) {
      if (pair.users.length === MOST_USERS) pair.users = null;
      else pair.users.push(device);
    }
    return pair;
  }

  /** A report came in this hour. Hours outside of the table are ignored. */
  report(hour: number): void {
    const at = hour - this.hours.firstHour;
    if (at >= 0 && at < TABLE_HOURS) this.#reports[at] = (this.#reports[at] as number) + 1;
  }

  /** The pair is regular on a device. */
  regular(pair: OpenPair, device: number): void {
    if (pair.regular === 'common' || pair.regular?.has(device)) return;
    pair.regular ??= new Set();
    if (pair.regular.size === this.#most || this.#regular === this.#maxRegular) {
      this.#regular -= pair.regular.size;
      pair.regular = 'common';
      return;
    }
    pair.regular.add(device);
    this.#regular++;
  }

  /** `hashOf`: 48 bits for a process and a network, such that nobody can choose a process with the hash of another. */
  build(hashOf: (process: string, network: string) => number): FleetPartial {
    const pairs = new Map<number, PairFacts>();
    for (const [network, processes] of this.#networks) {
      for (const [process, pair] of processes) {
        const { firstHour, users, regular } = pair;
        pair.hash = hashOf(process, network);
        const devices = regular === 'common' ? null : regular === null ? NONE : [...regular];
        pairs.set(pair.hash, { firstHour, users, regular: devices });
      }
    }
    return { hours: this.hours, pairs, isFull: this.#isFull, reports: [...this.#reports] };
  }

  #processesOf(network: string): Map<string, OpenPair> {
    this.#network = network;
    let processes = this.#networks.get(network);
    if (processes === undefined) {
      processes = new Map();
      this.#networks.set(network, processes);
    }
    return processes;
  }
}

const NONE: readonly number[] = [];
