import type { Counted } from '../../core/records/contribution.ts';
import { type GroupKey, isRaw, SOURCES } from '../../core/records/report.ts';
import {
  MIN_REPORTS,
  REGULARITY_THRESHOLDS,
  type RegularityAssessment,
  type RegularityThresholds,
  regularMatchOf,
} from '../../core/regularity/assessment.ts';
import { manyDevicesOf } from '../../core/regularity/fleet_limits.ts';
import { type FleetPartial, PartialBuilder } from '../../core/regularity/fleet_partial.ts';
import { type HourBits, hasHour, noHours } from '../../core/regularity/hour_bits.ts';
import { SOURCES_OF_DEVICE } from '../../core/regularity/hour_table.ts';
import { MOST_USERS } from '../../core/regularity/pair_table.ts';
import type { DeviceOn } from '../../core/regularity/points.ts';
import { PossibleMatch } from '../../core/regularity/possible_match.ts';
import { type PublicAddress, publicAddressOf } from '../../core/regularity/public_address.ts';
import { ipv4NetworkOf, OTHER_TEXT } from '../../core/regularity/public_ipv4.ts';
import { HOUR_SECONDS } from '../../core/regularity/time_bin.ts';
import type { TimedCount } from '../../core/regularity/timed_count.ts';
import { wholeSecondOf } from '../../core/regularity/whole_second.ts';
import type { BesideFinding } from '../../core/scoring/address_scorer.ts';
import type { Beside } from '../../core/scoring/group_cutter.ts';
import type { Window } from '../../core/scoring/window.ts';
import type { FleetContext } from './fleet_context.ts';
import { GroupReports } from './group_reports.ts';
import { digestOf, digestOfIpv4Network, type NameDigest, numberOfDigest, pairHashOfDigests } from './pair_hash.ts';
import { ProcessGroups } from './process_groups.ts';
import { RecentDevices } from './recent_devices.ts';

/** What `regularity` finds of a group. */
export interface RegularityFinding extends BesideFinding {
  /** null where the group does not match. */
  readonly assessment: RegularityAssessment | null;
  /** null where the group does not match. */
  readonly place: PublicAddress | null;
  /** The connections of the window; empty unless the group matches. */
  readonly counts: readonly TimedCount[];
  /** Whether all of them are failed attempts. */
  readonly onlyFailed: boolean;
}

/** Devices of the largest fleet whose regular devices are counted; `manyDevicesOf` them is the largest number that matters. */
const LARGEST_FLEET = 250_000;

const NONE: readonly TimedCount[] = [];
const OUT_OF_SCOPE: RegularityFinding = {
  matches: false,
  isInScope: false,
  assessment: null,
  place: null,
  counts: NONE,
  onlyFailed: false,
};
const NO_MATCH: RegularityFinding = { ...OUT_OF_SCOPE, isInScope: true };
const NO_DIGEST: NameDigest = { low: 0, high: 0 };

/**
 * The detector `regularity` over the rows of one partition, and what they say of the fleet for the next run. Holds the counts of
 * one group, and the partial. Without a context every hour counts as one with the device on.
 */
export class RegularityWatch implements Beside<RegularityFinding> {
  readonly window: Window;
  readonly #context: FleetContext | null;
  readonly #thresholds: RegularityThresholds;
  readonly #builder: PartialBuilder;
  readonly #groups: ProcessGroups;
  readonly #possible: PossibleMatch;
  /** The clock hours of the window. */
  readonly #firstHour: number;
  readonly #lastHour: number;
  #key: GroupKey | null = null;
  /** That of the group at hand; groups of one address follow each other. */
  #address: string | null = null;
  #isInScope = false;
  #network = NO_DIGEST;
  /** By its number in `SOURCES`. */
  #source = -1;
  #isRaw = false;
  /** By slot of a pair: 1 for a pair that more than few devices use. */
  #settled = new Uint8Array(1024);
  readonly #devices: RecentDevices;
  readonly #reports = new GroupReports();
  /** The hours in which another group of the device at hand reported. Used again for each group. */
  readonly #beside = noHours();

  /** `window`: the 72 hours up to `asOf`. */
  constructor(window: Window, context: FleetContext | null, thresholds: RegularityThresholds = REGULARITY_THRESHOLDS) {
    this.window = window;
    this.#thresholds = thresholds;
    this.#context = context;
    this.#lastHour = hourOf(wholeSecondOf(window.asOf));
    this.#builder = new PartialBuilder(
      this.#lastHour,
      context?.many ?? manyDevicesOf(LARGEST_FLEET),
      context === null ? {} : { expectedDevices: context.devices, expectedPairs: context.sharedPairs },
    );
    this.#firstHour = this.#builder.hours.firstHour;
    this.#groups = new ProcessGroups(this.#builder.pairs);
    this.#possible = new PossibleMatch(thresholds.match);
    this.#devices = new RecentDevices(this.#builder.hours, context?.hours ?? null);
  }

  begin(key: GroupKey): void {
    if (key.source !== this.#key?.source) {
      this.#source = SOURCES.indexOf(key.source);
      this.#isRaw = isRaw(key.source);
    }
    this.#key = key;
    if (key.RemoteIP !== this.#address) this.#take(key.RemoteIP);
    this.#reports.clear(this.#firstHour);
  }

  add({ Timestamp, second: given, count, failed }: Counted): void {
    if (!this.#isInScope || count === null || count <= 0) return;
    const second = given ?? wholeSecondOf(Timestamp);
    this.#builder.report(hourOf(second));
    this.#reports.add(second, count, failed, this.#isRaw);
  }

  end(): RegularityFinding {
    const key = this.#key;
    const reports = this.#reports;
    if (key === null || !this.#isInScope) return OUT_OF_SCOPE;
    if (reports.length === 0) return NO_MATCH;
    const devices = this.#devices;
    devices.lookUp(key.DeviceName, this.#source);
    const device = devices.hash;
    const process = digestOf(key.InitiatingProcessFileName);
    const pair = pairHashOfDigests(process, this.#network);
    const slot = this.#note(pair);
    const deviceOn = reports.length < MIN_REPORTS ? null : this.#deviceOn();
    const isPossible = reports.length >= MIN_REPORTS && this.#possible.of(reports, deviceOn);
    const counts = isPossible ? reports.counted() : NONE;
    const assessment = isPossible ? regularMatchOf(counts, this.#asDeviceOn(deviceOn), this.#thresholds) : null;
    const matches = assessment !== null;
    if (matches && slot !== -1) this.#builder.regular(slot, device);
    if (slot !== -1 && this.#isRare(slot)) {
      const hashes = { device: device * SOURCES_OF_DEVICE + this.#source, process: numberOfDigest(process) };
      this.#groups.add(key, hashes, matches, reports, slot);
    }
    if (!matches) return NO_MATCH;
    const place = publicAddressOf(key.RemoteIP);
    return { matches, isInScope: true, assessment, place, counts, onlyFailed: reports.onlyFailed };
  }

  /** What the rows said of the fleet; call it after the last group. */
  partial(): FleetPartial {
    return this.#builder.build();
  }

  /** The groups of rare processes and networks, as sections of a file; call it after the last group. */
  groups(): Buffer[] {
    return this.#groups.sections();
  }

  /** Groups of them that were too many to keep. */
  get omittedGroups(): number {
    return this.#groups.omitted;
  }

  /** The next address. Its text is not needed yet, and its network by number for nearly all. */
  #take(address: string): void {
    this.#address = address;
    const network = ipv4NetworkOf(address);
    const place = network === OTHER_TEXT ? publicAddressOf(address) : null;
    this.#isInScope = network >= 0 || place !== null;
    if (network >= 0) this.#network = digestOfIpv4Network(network);
    else if (place !== null) this.#network = digestOf(place.network);
  }

  /** The hours of the group, and that the device uses process and network. Returns the slot of the pair, -1 for too many. */
  #note(pair: number): number {
    const { hash, slot: deviceSlot } = this.#devices;
    const { seconds, length, hours: own } = this.#reports;
    this.#builder.hours.markAll(deviceSlot, own);
    const { size } = this.#builder.pairs;
    const slot = this.#builder.use(pair, hash, hourOf(seconds[0] as number), hourOf(seconds[length - 1] as number));
    if (slot === size) this.#noteSettled(slot, pair);
    return slot;
  }

  /** Of a new pair: whether the run before knows that more than few devices use it. A pair has many groups. */
  #noteSettled(slot: number, pair: number): void {
    if (this.#context === null || !this.#context.isSettled(pair, this.#lastHour)) return;
    if (slot >= this.#settled.length) {
      const larger = new Uint8Array(2 * slot);
      larger.set(this.#settled);
      this.#settled = larger;
    }
    this.#settled[slot] = 1;
  }

  /** Whether few devices use a pair, as far as the partition and the run before can see. */
  #isRare(slot: number): boolean {
    return this.#builder.pairs.usersAt(slot) <= MOST_USERS && this.#settled[slot] !== 1;
  }

  /** The hours in which another group of the device reported, by the run before; null for an unknown device. */
  #deviceOn(): HourBits | null {
    const { slotBefore } = this.#devices;
    if (this.#context === null || slotBefore === -1) return null;
    this.#context.hours.hoursBeside(slotBefore, this.#reports.hours, this.#firstHour, this.#beside);
    return this.#beside;
  }

  #asDeviceOn(hours: HourBits | null): DeviceOn {
    if (hours === null) return null;
    return { has: (hour) => hasHour(hours, hour - this.#firstHour) };
  }
}

function hourOf(second: number): number {
  return Math.floor(second / HOUR_SECONDS);
}
