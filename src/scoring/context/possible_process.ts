import { SOURCES } from '../../core/records/report.ts';
import { deviceHashOf } from '../../core/regularity/device_hash.ts';
import { addHour, type HourBits, hoursIn, noHours, TABLE_HOURS } from '../../core/regularity/hour_bits.ts';
import { PossibleMatch } from '../../core/regularity/possible_match.ts';
import { MAX_SHARE, MIN_PROCESS_HOURS } from '../../core/regularity/process_view.ts';
import { HOUR_SECONDS } from '../../core/regularity/time_bin.ts';
import type { FleetContext } from './fleet_context.ts';
import type { ProcessGroup } from './process_codec.ts';
import type { ProcessKey } from './process_order.ts';

/** A time and the place of its report are sorted as one number; more reports are left to the detector. */
const PLACES = 2 ** 16;
const FIRST_REPORTS = 256;

/** Whether the sum of the addresses of a process can match: see `PossibleMatch`. One is used for all processes. */
export class PossibleProcess {
  readonly #context: FleetContext;
  readonly #possible: PossibleMatch;
  readonly #firstHour: number;
  readonly #none = noHours();
  readonly #on = noHours();
  readonly #own = noHours();
  /** Used again for each process: its reports in order of time. */
  readonly #seconds: number[] = [];
  readonly #counts: number[] = [];
  #order = new Float64Array(FIRST_REPORTS);

  /** `match`: a rounded score from here on matches; `lastHour`: the clock hour of the end of the window. */
  constructor(context: FleetContext, match: number, lastHour: number) {
    this.#context = context;
    this.#possible = new PossibleMatch(match);
    this.#firstHour = lastHour - TABLE_HOURS + 1;
  }

  of(key: ProcessKey, groups: readonly ProcessGroup[]): boolean {
    const all = groups.reduce((sum, { seconds }) => sum + seconds.length, 0);
    if (all >= PLACES) return true;
    // Most processes have too few hours: they need not be sorted.
    if (this.#hoursOf(groups) < MIN_PROCESS_HOURS || isOneAddress(groups)) return false;
    this.#sort(groups, all);
    const [seconds, counts] = [this.#seconds, this.#counts];
    const reports = { seconds, counts, length: all, hours: this.#own, firstHour: this.#firstHour };
    return this.#possible.of(reports, this.#deviceOn(key));
  }

  #sort(groups: readonly ProcessGroup[], all: number): void {
    if (all > this.#order.length) this.#order = new Float64Array(2 * all);
    const order = this.#order.subarray(0, all);
    let at = 0;
    for (const { seconds } of groups) {
      for (let n = 0; n < seconds.length; n++) order[at] = (seconds[n] as number) * PLACES + at++;
    }
    const unsorted = groups.flatMap(({ counts }) => counts);
    order.sort();
    for (let n = 0; n < all; n++) {
      const place = order[n] as number;
      this.#seconds[n] = Math.floor(place / PLACES);
      this.#counts[n] = unsorted[place % PLACES] as number;
    }
  }

  /** Sets `#own` to the hours with reports. How many they are. */
  #hoursOf(groups: readonly ProcessGroup[]): number {
    this.#own.fill(0);
    for (const { seconds } of groups) {
      for (const second of seconds) addHour(this.#own, Math.floor(second / HOUR_SECONDS) - this.#firstHour);
    }
    return hoursIn(this.#own);
  }

  /** All hours in which the device reported; null for an unknown device. */
  #deviceOn({ source, DeviceName }: ProcessKey): HourBits | null {
    const { hours } = this.#context;
    const slot = hours.find(deviceHashOf(DeviceName), SOURCES.indexOf(source));
    if (slot === -1) return null;
    hours.hoursBeside(slot, this.#none, this.#firstHour, this.#on);
    return this.#on;
  }
}

/** Whether one address has too large a share of the connections: see `processRegularityOf`. */
function isOneAddress(groups: readonly ProcessGroup[]): boolean {
  let [all, largest] = [0, 0];
  for (const { counts } of groups) {
    let sum = 0;
    for (const count of counts) sum += count;
    all += sum;
    largest = Math.max(largest, sum);
  }
  return largest / all > MAX_SHARE;
}
