import type { Counted } from '../../core/records/contribution.ts';
import { type GroupKey, isRaw, SOURCES } from '../../core/records/report.ts';
import { type RegularityAssessment, regularityOf } from '../../core/regularity/assessment.ts';
import { deviceHashOf } from '../../core/regularity/device_hash.ts';
import { manyDevicesOf } from '../../core/regularity/fleet_limits.ts';
import { type FleetPartial, type OpenPair, PartialBuilder } from '../../core/regularity/fleet_partial.ts';
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

/** What `regularity` finds of a group. */
export interface RegularityFinding extends BesideFinding {
  /** null where the address is not in scope. */
  readonly assessment: RegularityAssessment | null;
  /** null where the address is not in scope. */
  readonly place: PublicAddress | null;
  /** The connections of the window; empty unless the group matches. */
  readonly counts: readonly TimedCount[];
}

/** Devices of the largest fleet whose regular devices are counted; `manyDevicesOf` them is the largest number that matters. */
const LARGEST_FLEET = 250_000;
/** More counts than a group has in practice. Beyond it counts of the same second are joined, so memory is bounded. */
const MANY_COUNTS = 10_000;
const MIN_REPORTS = 5;

const OUT_OF_SCOPE: RegularityFinding = { matches: false, isInScope: false, assessment: null, place: null, counts: [] };
const TOO_FEW: RegularityAssessment = { measured: false, reason: 'too-few-reports' };

/**
 * The detector `regularity` over the rows of one partition, and what they say of the fleet for the next run. Holds the counts of
 * one group, and the partial. Without a context every hour counts as one with the device on.
 */
export class RegularityWatch implements Beside<RegularityFinding> {
  readonly window: Window;
  readonly #context: FleetContext | null;
  readonly #builder: PartialBuilder;
  #key: GroupKey | null = null;
  #place: PublicAddress | null = null;
  /** Of the address that `#place` is of. */
  #address: string | null = null;
  #isRaw = false;
  #counts: TimedCount[] = [];
  #limit = MANY_COUNTS;

  /** `window`: the 72 hours up to `asOf`. */
  constructor(window: Window, context: FleetContext | null) {
    this.window = window;
    this.#context = context;
    this.#builder = new PartialBuilder(
      hourOf(wholeSecondOf(window.asOf)),
      context?.many ?? manyDevicesOf(LARGEST_FLEET),
    );
  }

  begin(key: GroupKey): void {
    this.#key = key;
    this.#isRaw = isRaw(key.source);
    if (key.RemoteIP !== this.#address) {
      this.#address = key.RemoteIP;
      this.#place = publicAddressOf(key.RemoteIP);
    }
    this.#counts = [];
    this.#limit = MANY_COUNTS;
  }

  add({ Timestamp, count }: Counted): void {
    if (this.#place === null || count === null || count <= 0) return;
    const second = wholeSecondOf(Timestamp);
    const last = this.#counts.at(-1);
    // The rows of an hour of raw events are one report, however the exports are cut.
    if (this.#isRaw && last?.second === second) {
      this.#counts[this.#counts.length - 1] = { second, count: last.count + count };
      return;
    }
    this.#counts.push({ second, count });
    if (this.#counts.length < this.#limit) return;
    this.#counts = summedPer(1, this.#counts);
    this.#limit = 2 * Math.max(MANY_COUNTS, this.#counts.length);
  }

  end(): RegularityFinding {
    const [key, place, counts] = [this.#key, this.#place, this.#counts];
    if (key === null || place === null) return OUT_OF_SCOPE;
    if (counts.length === 0) return { matches: false, isInScope: true, assessment: TOO_FEW, place, counts };
    const device = deviceHashOf(key.DeviceName);
    const source = SOURCES.indexOf(key.source);
    const pair = this.#note(key.InitiatingProcessFileName, place, device, source, counts);
    const assessment =
      counts.length < MIN_REPORTS ? TOO_FEW : regularityOf(counts, this.#deviceOn(device, source, counts));
    const matches = assessment.measured && assessment.way !== null;
    if (matches && pair !== null) this.#builder.regular(pair, device);
    return { matches, isInScope: true, assessment, place, counts: matches ? counts : NONE };
  }

  /** What the rows said of the fleet; call it after the last group. */
  partial(): FleetPartial {
    return this.#builder.build(pairHashOf);
  }

  /** The hours of the group, and that the device uses process and network. */
  #note(
    process: string,
    { network }: PublicAddress,
    device: number,
    source: number,
    counts: readonly TimedCount[],
  ): OpenPair | null {
    const { hours } = this.#builder;
    const slot = hours.slotOf(device, source);
    let last = -1;
    for (const { second } of counts) {
      const hour = hourOf(second);
      if (hour !== last) hours.mark(slot, hour);
      last = hour;
    }
    return this.#builder.use(process, network, device, hourOf((counts[0] as TimedCount).second));
  }

  /** The hours in which another group of the device reported, by the run before. */
  #deviceOn(device: number, source: number, counts: readonly TimedCount[]): DeviceOn {
    const groups = this.#context?.groupsOn(device, source) ?? null;
    if (this.#context === null || groups === null) return null;
    const { firstHour } = this.#context;
    const own = new Set(counts.map(({ second }) => hourOf(second)));
    return { has: (hour) => (groups[hour - firstHour] ?? 0) > (own.has(hour) ? 1 : 0) };
  }
}

const NONE: readonly TimedCount[] = [];

function hourOf(second: number): number {
  return Math.floor(second / HOUR_SECONDS);
}
