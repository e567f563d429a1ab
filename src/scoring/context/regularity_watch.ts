import type { Counted } from '../../core/records/contribution.ts';
import { type GroupKey, isRaw, SOURCES } from '../../core/records/report.ts';
import {
  MIN_REPORTS,
  REGULARITY_THRESHOLDS,
  type RegularityAssessment,
  type RegularityThresholds,
  regularMatchOf,
} from '../../core/regularity/assessment.ts';
import { deviceHashOf } from '../../core/regularity/device_hash.ts';
import { manyDevicesOf } from '../../core/regularity/fleet_limits.ts';
import { type FleetPartial, type OpenPair, PartialBuilder } from '../../core/regularity/fleet_partial.ts';
import { TABLE_HOURS } from '../../core/regularity/hour_table.ts';
import type { DeviceOn } from '../../core/regularity/points.ts';
import { type PublicAddress, publicAddressOf } from '../../core/regularity/public_address.ts';
import { HOUR_SECONDS } from '../../core/regularity/time_bin.ts';
import { summedPer, type TimedCount } from '../../core/regularity/timed_count.ts';
import { wholeSecondOf } from '../../core/regularity/whole_second.ts';
import type { BesideFinding } from '../../core/scoring/address_scorer.ts';
import type { Beside } from '../../core/scoring/group_cutter.ts';
import type { Window } from '../../core/scoring/window.ts';
import type { FleetContext } from './fleet_context.ts';
import { pairHashOf } from './pair_hash.ts';
import { ProcessGroups } from './process_groups.ts';

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
/** More counts than a group has in practice. Beyond it counts of the same second are joined, so memory is bounded. */
const MANY_COUNTS = 10_000;

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

/**
 * The detector `regularity` over the rows of one partition, and what they say of the fleet for the next run. Holds the counts of
 * one group, and the partial. Without a context every hour counts as one with the device on.
 */
export class RegularityWatch implements Beside<RegularityFinding> {
  readonly window: Window;
  readonly #context: FleetContext | null;
  readonly #builder: PartialBuilder;
  readonly #groups = new ProcessGroups();
  #key: GroupKey | null = null;
  #place: PublicAddress | null = null;
  /** Of the address that `#place` is of. */
  #address: string | null = null;
  #isRaw = false;
  /** The reports of the group: the first `#length` of each. They are used again and again. */
  readonly #seconds: number[] = [];
  readonly #numbers: number[] = [];
  #length = 0;
  #limit = MANY_COUNTS;
  /** 1 for an hour of the group at hand. Used again for each group. */
  readonly #own = new Uint8Array(TABLE_HOURS);
  #onlyFailed = true;
  readonly #thresholds: RegularityThresholds;

  /** `window`: the 72 hours up to `asOf`. */
  constructor(window: Window, context: FleetContext | null, thresholds: RegularityThresholds = REGULARITY_THRESHOLDS) {
    this.window = window;
    this.#thresholds = thresholds;
    this.#context = context;
    this.#builder = new PartialBuilder(
      hourOf(wholeSecondOf(window.asOf)),
      context?.many ?? manyDevicesOf(LARGEST_FLEET),
      context === null ? {} : { expectedDevices: context.devices },
    );
  }

  begin(key: GroupKey): void {
    this.#key = key;
    this.#isRaw = isRaw(key.source);
    if (key.RemoteIP !== this.#address) {
      this.#address = key.RemoteIP;
      this.#place = publicAddressOf(key.RemoteIP);
    }
    this.#length = 0;
    this.#limit = MANY_COUNTS;
    this.#onlyFailed = true;
  }

  add({ Timestamp, count, failed }: Counted): void {
    if (this.#place === null || count === null || count <= 0) return;
    const second = wholeSecondOf(Timestamp);
    this.#builder.report(hourOf(second));
    if (!failed) this.#onlyFailed = false;
    const last = this.#length - 1;
    // The rows of an hour of raw events are one report, however the exports are cut.
    if (this.#isRaw && this.#seconds[last] === second && last >= 0) {
      this.#numbers[last] = (this.#numbers[last] as number) + count;
      return;
    }
    this.#seconds[this.#length] = second;
    this.#numbers[this.#length++] = count;
    if (this.#length === this.#limit) this.#join();
  }

  end(): RegularityFinding {
    const [key, place, length] = [this.#key, this.#place, this.#length];
    if (key === null || place === null) return OUT_OF_SCOPE;
    if (length === 0) return NO_MATCH;
    const device = deviceHashOf(key.DeviceName);
    const source = SOURCES.indexOf(key.source);
    const pair = this.#note(key.InitiatingProcessFileName, place.network, device, source);
    const isRare = pair !== null && pair.users !== null;
    const counts = length >= MIN_REPORTS || isRare ? this.#counts() : NONE;
    const assessment =
      length < MIN_REPORTS ? null : regularMatchOf(counts, this.#deviceOn(device, source), this.#thresholds);
    const matches = assessment !== null;
    if (matches && pair !== null) this.#builder.regular(pair, device);
    if (isRare) this.#groups.add(key, device, matches, counts, pair);
    if (!matches) return NO_MATCH;
    return { matches, isInScope: true, assessment, place, counts, onlyFailed: this.#onlyFailed };
  }

  /** What the rows said of the fleet; call it after the last group. */
  partial(): FleetPartial {
    return this.#builder.build(pairHashOf);
  }

  /** The groups of rare processes and networks, as sections of a file; call it after `partial`. */
  groups(): Buffer[] {
    return this.#groups.sections();
  }

  /** Groups of them that were too many to keep. */
  get omittedGroups(): number {
    return this.#groups.omitted;
  }

  /** The hours of the group, and that the device uses process and network. */
  #note(process: string, network: string, device: number, source: number): OpenPair | null {
    const { hours } = this.#builder;
    const slot = hours.slotOf(device, source);
    let last = -1;
    for (let at = 0; at < this.#length; at++) {
      const hour = hourOf(this.#seconds[at] as number);
      if (hour !== last) hours.mark(slot, hour);
      last = hour;
    }
    return this.#builder.use(process, network, device, hourOf(this.#seconds[0] as number));
  }

  /** The hours in which another group of the device reported, by the run before. */
  #deviceOn(device: number, source: number): DeviceOn {
    const hours = this.#context?.hours;
    const slot = hours?.find(device, source) ?? -1;
    if (hours === undefined || slot === -1) return null;
    const { firstHour } = hours;
    const own = this.#own.fill(0);
    for (let at = 0; at < this.#length; at++) own[hourOf(this.#seconds[at] as number) - firstHour] = 1;
    // No group reported in an hour outside of the table.
    return { has: (hour) => hours.groupsAt(slot, hour) > (own[hour - firstHour] ?? 0) };
  }

  #counts(): TimedCount[] {
    const counts: TimedCount[] = [];
    for (let at = 0; at < this.#length; at++) {
      counts.push({ second: this.#seconds[at] as number, count: this.#numbers[at] as number });
    }
    return counts;
  }

  /** Joins the counts of the same second. */
  #join(): void {
    const counts = summedPer(1, this.#counts());
    this.#length = counts.length;
    for (const [at, { second, count }] of counts.entries()) {
      this.#seconds[at] = second;
      this.#numbers[at] = count;
    }
    this.#limit = 2 * Math.max(MANY_COUNTS, counts.length);
  }
}

function hourOf(second: number): number {
  return Math.floor(second / HOUR_SECONDS);
}
