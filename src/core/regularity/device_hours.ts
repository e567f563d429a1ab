/** The group whose device and hours are meant. */
export interface HoursOfGroup {
  readonly source: string;
  readonly DeviceName: string;
  /** Clock hours since 1970 with a report, each once. */
  readonly hours: ReadonlySet<number>;
}

/** Limit of the devices; about 150 bytes each. */
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
  /** A number for each device, from 0 on. */
  readonly #numbers = new Map<string, number>();
  readonly #tables = new Map<string, HourTable>();

  /** `firstHour` to `lastHour`: the clock hours of the window, since 1970. */
  constructor(firstHour: number, lastHour: number, limit = MAX_DEVICES_WITH_HOURS) {
    this.#firstHour = firstHour;
    this.#length = lastHour - firstHour + 1;
    this.#limit = limit;
  }

  /** The devices so far, at most the limit. */
  get devices(): number {
    return this.#numbers.size;
  }

  /** Adds the hours of one group. Devices above the limit are not known. */
  add({ source, DeviceName, hours }: HoursOfGroup): void {
    let device = this.#numbers.get(DeviceName);
    if (device === undefined) {
      device = this.#numbers.size;
      if (device === this.#limit) return;
      this.#numbers.set(DeviceName, device);
    }
    let table = this.#tables.get(source);
    if (table === undefined) {
      table = new HourTable(this.#length);
      this.#tables.set(source, table);
    }
    const groups = table.added(device);
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

  #hoursOf(source: string, name: string, isOn: (hour: number, groups: number) => boolean): Set<number> | null {
    const device = this.#numbers.get(name);
    const groups = device === undefined ? null : (this.#tables.get(source)?.of(device) ?? null);
    if (groups === null) return null;
    const on = new Set<number>();
    for (const [at, number] of groups.entries()) if (isOn(this.#firstHour + at, number)) on.add(this.#firstHour + at);
    return on;
  }
}

/** Devices in one piece of memory. An array for each device would take 0.5 KB more than its hours. */
const PIECE_DEVICES = 512;

/** Of one source: how many groups of each device reported in each hour, at most `ENOUGH`. Devices are numbered. */
class HourTable {
  readonly #length: number;
  /** Of each device its hours, then whether it is known. */
  readonly #pieces = new Map<number, Uint8Array>();

  constructor(length: number) {
    this.#length = length;
  }

  /** The hours of a device that is known from now on. */
  added(device: number): Uint8Array {
    const place = Math.floor(device / PIECE_DEVICES);
    const width = this.#length + 1;
    let piece = this.#pieces.get(place);
    if (piece === undefined) {
      piece = new Uint8Array(PIECE_DEVICES * width);
      this.#pieces.set(place, piece);
    }
    const at = (device % PIECE_DEVICES) * width;
    piece[at + this.#length] = 1;
    return piece.subarray(at, at + this.#length);
  }

  /** The hours of a device; null where it is not known. */
  of(device: number): Uint8Array | null {
    const piece = this.#pieces.get(Math.floor(device / PIECE_DEVICES));
    const at = (device % PIECE_DEVICES) * (this.#length + 1);
    return piece?.[at + this.#length] === 1 ? piece.subarray(at, at + this.#length) : null;
  }
}
