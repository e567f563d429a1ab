import type { GroupKey } from '../../core/records/report.ts';
import { deviceHashOf } from '../../core/regularity/device_hash.ts';
import { SOURCES_OF_DEVICE } from '../../core/regularity/hour_table.ts';
import { MOST_USERS, type PairTable } from '../../core/regularity/pair_table.ts';
import type { TimedColumns } from '../../core/regularity/possible_match.ts';
import { SlotIndex } from '../../core/regularity/slot_index.ts';
import { compareText } from '../../core/text/compare_text.ts';
import { ByteWriter } from '../count_files/byte_writer.ts';
import { ProcessSections } from './process_codec.ts';

/** Bytes of groups in memory. */
const MAX_BYTES = 64 * 1024 * 1024;
const BYTES_PER_NAME = 64;
/** Where that share is left after the common ones are removed, no more are taken. */
const NEARLY = 0.9;

/** Hashes of the names of a group, 0 to 2^52 − 2. */
export interface NameHashes {
  /** That of the device, times `SOURCES_OF_DEVICE`, and its source: see `ProcessOrder`. */
  readonly device: number;
  readonly process: number;
}

/**
 * Collects the groups of a partition whose process and network few devices use, as far as the partition can see: a process that
 * many devices run to the same network is an ordinary service. It keeps bytes, since a large partition has a million groups.
 */
export class ProcessGroups {
  readonly #table: PairTable;
  readonly #maxBytes: number;
  #bytes = new ByteWriter();
  readonly #devices = new Names((_device, hash) => hash);
  readonly #processes = new Names(deviceHashOf);
  /** By group: where its bytes begin, its names, its flags and the slot of its pair. */
  #starts: number[] = [];
  #deviceOf: number[] = [];
  #processOf: number[] = [];
  #flags: number[] = [];
  #pairs: number[] = [];
  #isFull = false;
  /** Groups that it did not take, because there were too many. */
  omitted = 0;

  /** `pairs`: those whose slots the groups have. */
  constructor(pairs: PairTable, maxBytes = MAX_BYTES) {
    this.#table = pairs;
    this.#maxBytes = maxBytes;
  }

  /** `hashes`: of the device and its source as they are ordered, and of the process; `pair`: the slot. */
  add(key: GroupKey, hashes: NameHashes, matchesByItself: boolean, reports: TimedColumns, pair: number): void {
    if (!this.#isFull && this.#size >= this.#maxBytes) {
      this.#removeCommon();
      this.#isFull = this.#size >= NEARLY * this.#maxBytes;
    }
    if (this.#isFull) {
      this.omitted++;
      return;
    }
    const bytes = this.#bytes;
    this.#starts.push(bytes.length);
    this.#deviceOf.push(this.#devices.numberOf(key.DeviceName, hashes.device));
    this.#processOf.push(this.#processes.numberOf(key.InitiatingProcessFileName, hashes.process));
    this.#flags.push((hashes.device % SOURCES_OF_DEVICE) * 4 + (matchesByItself ? 1 : 0));
    this.#pairs.push(pair);
    bytes.text(key.RemoteIP);
    bytes.varint(reports.length);
    let last = 0;
    for (let at = 0; at < reports.length; at++) {
      const second = reports.seconds[at] as number;
      bytes.varint(second - last);
      bytes.varint(reports.counts[at] as number);
      last = second;
    }
  }

  /** The groups in order, as sections of a file. */
  sections(): Buffer[] {
    const bytes = this.#bytes.view();
    const sections = new ProcessSections(this.#size);
    const sorted = this.#sorted();
    // Not `for … of`, here and below: over these lists it makes an object for each group.
    for (let n = 0; n < sorted.length; n++) {
      const group = sorted[n] as number;
      const pair = this.#table.pairAt(this.#pairs[group] as number);
      const [device, process] = [this.#deviceOf[group] as number, this.#processOf[group] as number];
      const names = sections.begin(this.#flags[group] as number, device, process);
      if (names !== null) {
        names.text(this.#devices.textOf(device));
        names.text(this.#processes.textOf(process));
      }
      sections.end(pair, bytes, this.#starts[group] as number, this.#starts[group + 1] ?? bytes.length);
    }
    return sections.take();
  }

  get #size(): number {
    return this.#bytes.length + this.#devices.bytes + this.#processes.bytes;
  }

  /** Those whose pair few devices use, in the order of `compareProcesses`: by process, and then, as far as that leaves open, by device. */
  #sorted(): Uint32Array {
    const all = new Uint32Array(this.#pairs.length);
    let rare = 0;
    for (let group = 0; group < all.length; group++)
      if (this.#table.usersAt(this.#pairs[group] as number) <= MOST_USERS) all[rare++] = group;
    const groups = all.subarray(0, rare);
    return ranked(ranked(groups, this.#processOf, this.#processes), this.#deviceOf, this.#devices);
  }

  #removeCommon(): void {
    const before = { bytes: this.#bytes.view(), starts: this.#starts };
    const kept = this.#pairs.flatMap((pair, group) => (this.#table.usersAt(pair) > MOST_USERS ? [] : group));
    this.#bytes = new ByteWriter();
    this.#starts = [];
    for (const group of kept) {
      this.#starts.push(this.#bytes.length);
      const start = before.starts[group] as number;
      this.#bytes.bytes(before.bytes.subarray(start, before.starts[group + 1] ?? before.bytes.length));
    }
    this.#deviceOf = kept.map((group) => this.#deviceOf[group] as number);
    this.#processOf = kept.map((group) => this.#processOf[group] as number);
    this.#flags = kept.map((group) => this.#flags[group] as number);
    this.#pairs = kept.map((group) => this.#pairs[group] as number);
  }
}

/** Names of devices or processes, numbered as they come. Groups repeat them, so they are found by a hash. */
class Names {
  readonly #order: (text: string, hash: number) => number;
  readonly #index = new SlotIndex();
  /** By the slot of the hash. */
  readonly #numbers: number[] = [];
  /** Names whose hash another name has: nobody's group may hide behind that of another one. */
  readonly #others = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #orders: number[] = [];
  /** About as many bytes as they take. */
  bytes = 0;

  /** `order`: what they are sorted by, and `compareText` among equal ones. */
  constructor(order: (text: string, hash: number) => number) {
    this.#order = order;
  }

  numberOf(text: string, hash: number): number {
    const slot = this.#index.place(hash + 1);
    if (slot === this.#numbers.length) this.#numbers.push(this.#add(text, hash));
    const number = this.#numbers[slot] as number;
    return this.#texts[number] === text ? number : this.#otherNumberOf(text, hash);
  }

  #otherNumberOf(text: string, hash: number): number {
    const name = `${hash} ${text}`;
    const known = this.#others.get(name);
    if (known !== undefined) return known;
    const number = this.#add(text, hash);
    this.#others.set(name, number);
    return number;
  }

  #add(text: string, hash: number): number {
    this.#orders.push(this.#order(text, hash));
    this.bytes += text.length + BYTES_PER_NAME;
    return this.#texts.push(text) - 1;
  }

  textOf(number: number): string {
    return this.#texts[number] as string;
  }

  /** The place of each number in their order. */
  ranks(): Uint32Array {
    const [orders, texts] = [this.#orders, this.#texts];
    const sorted = Uint32Array.from(orders.keys()).sort(
      (a, b) => (orders[a] as number) - (orders[b] as number) || compareText(texts[a] as string, texts[b] as string),
    );
    const ranks = new Uint32Array(sorted.length);
    for (let rank = 0; rank < sorted.length; rank++) ranks[sorted[rank] as number] = rank;
    return ranks;
  }
}

/** The groups in order of their names; those with equal names stay in their order. Counts instead of compares: a counting sort. */
function ranked(groups: Uint32Array, nameOf: readonly number[], names: Names): Uint32Array {
  const ranks = names.ranks();
  const places = new Uint32Array(ranks.length + 1);
  const rankOf = (group: number): number => ranks[nameOf[group] as number] as number;
  for (let n = 0; n < groups.length; n++) {
    const next = rankOf(groups[n] as number) + 1;
    places[next] = (places[next] as number) + 1;
  }
  for (let rank = 1; rank < places.length; rank++)
    places[rank] = (places[rank] as number) + (places[rank - 1] as number);
  const sorted = new Uint32Array(groups.length);
  for (let n = 0; n < groups.length; n++) {
    const group = groups[n] as number;
    const rank = rankOf(group);
    sorted[places[rank] as number] = group;
    places[rank] = (places[rank] as number) + 1;
  }
  return sorted;
}
