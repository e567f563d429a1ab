/** The group whose device and hours are meant. */
export interface HoursOfGroup {
  readonly source: string;
  readonly DeviceName: string;
  /** Clock hours since 1970 with a report, each once. */
  readonly hours: ReadonlySet<number>;
}

/** Limit of the devices; about 200 bytes each. */
export const MAX_DEVICES_WITH_HOURS = 250_000;
/** Two groups in an hour vouch for each other; more say nothing new. */
const ENOUGH = 2;

/**
 * The hours in which each device reported, from the hours of its groups. Sources are kept apart: the same connections in two
 * sources would vouch for each other. Bins of another length take the place of the hours where the detector uses them.
 */
export class DeviceHours {
  readonly #firstHour: number;
  readonly #length: number;
  readonly #limit: number;
  /** By device, then by source: how many groups reported in each hour, at most `ENOUGH`. */
  readonly #groups = new Map<string, Map<string, Uint8Array>>();

  /** `firstHour` to `lastHour`: the clock hours of the window, since 1970. */
  constructor(firstHour: number, lastHour: number, limit = MAX_DEVICES_WITH_HOURS) {
    this.#firstHour = firstHour;
    this.#length = lastHour - firstHour + 1;
    this.#limit = limit;
  }

  /** The devices so far, at most the limit. */
  get devices(): number {
    return this.#groups.size;
  }

  /** Adds the hours of one group. Devices above the limit are not known. */
  add({ source, DeviceName, hours }: HoursOfGroup): void {
    let sources = this.#groups.get(DeviceName);
    if (sources === undefined) {
      if (this.#groups.size === this.#limit) return;
      sources = new Map();
      this.#groups.set(DeviceName, sources);
    }
    let groups = sources.get(source);
    if (groups === undefined) {
      groups = new Uint8Array(this.#length);
      sources.set(source, groups);
    }
    for (const hour of hours) {
      const at = hour - this.#firstHour;
      groups[at] = Math.min(ENOUGH, (groups[at] ?? 0) + 1);
    }
  }

  /** The hours in which another group of the device reported than this one, which was added; null for an unknown device. */
  onBeside({ source, DeviceName, hours }: HoursOfGroup): Set<number> | null {
    return this.#hoursOf(source, DeviceName, (hour, groups) => groups > (hours.has(hour) ? 1 : 0));
  }

  /** All hours in which the device reported; null for an unknown device. */
  onOf({ source, DeviceName }: Omit<HoursOfGroup, 'hours'>): Set<number> | null {
    return this.#hoursOf(source, DeviceName, (_hour, groups) => groups > 0);
  }

  #hoursOf(source: string, device: string, isOn: (hour: number, groups: number) => boolean): Set<number> | null {
    const groups = this.#groups.get(device)?.get(source);
    if (groups === undefined) return null;
    const on = new Set<number>();
    for (const [at, number] of groups.entries()) if (isOn(this.#firstHour + at, number)) on.add(this.#firstHour + at);
    return on;
  }
}
