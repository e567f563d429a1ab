import { deviceHashOf } from '../../core/regularity/device_hash.ts';
import type { HourTable } from '../../core/regularity/hour_table.ts';

const PLACES = 4_096;
/** Names of a fleet often have the same beginning and the same end: these characters differ in most of them. */
const FIRST_CHARACTER = 4;
const CHARACTERS = 8;

/**
 * What is looked up for each group of a device: its hash and its slots. Groups of one address have different devices, so the last
 * device of each of many places is kept; a device that comes to the place of another one takes it.
 */
export class RecentDevices {
  readonly #hours: HourTable;
  readonly #hoursBefore: HourTable | null;
  readonly #names: (string | null)[] = new Array(PLACES).fill(null);
  readonly #sources = new Int8Array(PLACES);
  readonly #hashes = new Float64Array(PLACES);
  readonly #slots = new Int32Array(PLACES);
  readonly #slotsBefore = new Int32Array(PLACES);
  /** Of the device that was looked up last: 48 bits, and its slots in the hours of this run and of the run before (-1: unknown). */
  hash = 0;
  slot = -1;
  slotBefore = -1;

  /** A device that is new in `hours` is added. */
  constructor(hours: HourTable, hoursBefore: HourTable | null) {
    this.#hours = hours;
    this.#hoursBefore = hoursBefore;
  }

  lookUp(name: string, source: number): void {
    const place = placeOf(name);
    if (this.#names[place] !== name || this.#sources[place] !== source) this.#add(place, name, source);
    this.hash = this.#hashes[place] as number;
    this.slot = this.#slots[place] as number;
    this.slotBefore = this.#slotsBefore[place] as number;
  }

  #add(place: number, name: string, source: number): void {
    const hash = deviceHashOf(name);
    this.#names[place] = name;
    this.#sources[place] = source;
    this.#hashes[place] = hash;
    this.#slots[place] = this.#hours.slotOf(hash, source);
    this.#slotsBefore[place] = this.#hoursBefore?.find(hash, source) ?? -1;
  }
}

function placeOf(name: string): number {
  let place = name.length;
  const end = Math.min(name.length, FIRST_CHARACTER + CHARACTERS);
  for (let at = FIRST_CHARACTER; at < end; at++) place = Math.imul(31, place) + name.charCodeAt(at);
  return (place >>> 0) % PLACES;
}
