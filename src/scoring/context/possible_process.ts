import { SOURCES } from '../../core/records/report.ts';
import { deviceHashOf } from '../../core/regularity/device_hash.ts';
import { addHour, type HourBits, hoursIn, noHours, TABLE_HOURS } from '../../core/regularity/hour_bits.ts';
import { PossibleMatch } from '../../core/regularity/possible_match.ts';
import { MIN_PROCESS_HOURS } from '../../core/regularity/process_view.ts';
import { HOUR_SECONDS } from '../../core/regularity/time_bin.ts';
import type { FleetContext } from './fleet_context.ts';
import type { ProcessGroup } from './process_codec.ts';
import type { ProcessKey } from './process_order.ts';

/** A time and the place of its report are sorted as one number; more reports are left to the detector. */
const PLACES = 2 ** 16;

/** Whether the sum of the addresses of a process can match: see `PossibleMatch`. One is used for all processes. */
export class PossibleProcess {
  readonly #context: FleetContext;
  readonly #possible: PossibleMatch;
  readonly #firstHour: number;
  readonly #none = noHours();
  readonly #on = noHours();
  readonly #own = noHours();

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
    if (this.#hoursOf(groups) < MIN_PROCESS_HOURS) return false;
    const order = new Float64Array(all);
    const [unsorted, seconds, counts]: [number[], number[], number[]] = [[], [], []];
    for (const group of groups) {
      for (let at = 0; at < group.seconds.length; at++) {
        const second = group.seconds[at] as number;
        order[unsorted.length] = second * PLACES + unsorted.length;
        unsorted.push(group.counts[at] as number);
      }
    }
    for (const place of order.sort()) {
      seconds.push(Math.floor(place / PLACES));
      counts.push(unsorted[place % PLACES] as number);
    }
    const reports = { seconds, counts, length: all, hours: this.#own, firstHour: this.#firstHour };
    return this.#possible.of(reports, this.#deviceOn(key));
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
