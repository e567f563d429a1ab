import { type GroupKey, SOURCES } from '../../core/records/report.ts';
import { deviceHashOf } from '../../core/regularity/device_hash.ts';
import type { OpenPair } from '../../core/regularity/fleet_partial.ts';
import { SOURCES_OF_DEVICE } from '../../core/regularity/hour_table.ts';
import type { TimedCount } from '../../core/regularity/timed_count.ts';
import { ByteWriter } from '../count_files/byte_writer.ts';
import { ProcessSections } from './process_codec.ts';

/** Bytes of groups in memory. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Where that share is left after the common ones are removed, no more are taken. */
const NEARLY = 0.9;

/**
 * Collects the groups of a partition whose process and network few devices use, as far as the partition can see: a process that
 * many devices run to the same network is an ordinary service. It keeps bytes, since a large partition has a million groups.
 */
export class ProcessGroups {
  readonly #maxBytes: number;
  #bytes = new ByteWriter();
  /** By group: where its names and its other bytes begin, and its places in the order. */
  #starts: number[] = [];
  #middles: number[] = [];
  #devices: number[] = [];
  #processes: number[] = [];
  #flags: number[] = [];
  #pairs: OpenPair[] = [];
  #isFull = false;
  /** Groups that it did not take, because there were too many. */
  omitted = 0;

  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  add(key: GroupKey, device: number, matchesByItself: boolean, counts: readonly TimedCount[], pair: OpenPair): void {
    if (!this.#isFull && this.#bytes.length >= this.#maxBytes) {
      this.#removeCommon();
      this.#isFull = this.#bytes.length >= NEARLY * this.#maxBytes;
    }
    if (this.#isFull) {
      this.omitted++;
      return;
    }
    const bytes = this.#bytes;
    this.#starts.push(bytes.length);
    bytes.text(key.DeviceName);
    bytes.text(key.InitiatingProcessFileName);
    this.#middles.push(bytes.length);
    bytes.text(key.RemoteIP);
    bytes.varint(counts.length);
    let last = 0;
    for (const { second, count } of counts) {
      bytes.varint(second - last);
      bytes.varint(count);
      last = second;
    }
    const source = SOURCES.indexOf(key.source);
    this.#devices.push(device * SOURCES_OF_DEVICE + source);
    this.#processes.push(deviceHashOf(key.InitiatingProcessFileName));
    this.#flags.push(source * 4 + (matchesByItself ? 1 : 0));
    this.#pairs.push(pair);
  }

  /** The groups in order, as sections of a file. The pairs must have been built: they have hashes then. */
  sections(): Buffer[] {
    const bytes = this.#bytes.view();
    const sections = new ProcessSections();
    for (const group of this.#sorted(bytes)) {
      const [start, middle, end] = this.#placesOf(group);
      const names = { device: this.#devices[group] as number, process: this.#processes[group] as number };
      const pair = this.#pairs[group] as OpenPair;
      sections.add(
        this.#flags[group] as number,
        names,
        bytes.subarray(start, middle),
        pair.hash,
        bytes.subarray(middle, end),
      );
    }
    return sections.take();
  }

  #sorted(bytes: Buffer): Uint32Array {
    const rare = this.#pairs.flatMap(({ users }, group) => (users === null ? [] : group));
    return Uint32Array.from(rare).sort(
      (a, b) =>
        (this.#devices[a] as number) - (this.#devices[b] as number) ||
        (this.#processes[a] as number) - (this.#processes[b] as number) ||
        bytes.compare(bytes, ...this.#namesOf(b), ...this.#namesOf(a)),
    );
  }

  #namesOf(group: number): [number, number] {
    return [this.#starts[group] as number, this.#middles[group] as number];
  }

  #placesOf(group: number): [number, number, number] {
    return [...this.#namesOf(group), this.#starts[group + 1] ?? this.#bytes.length];
  }

  #removeCommon(): void {
    const before = { bytes: this.#bytes.view(), starts: this.#starts, middles: this.#middles };
    const ends = [...before.starts.slice(1), before.bytes.length];
    const kept = this.#pairs.flatMap(({ users }, group) => (users === null ? [] : group));
    this.#bytes = new ByteWriter();
    this.#starts = [];
    this.#middles = [];
    for (const group of kept) {
      const start = before.starts[group] as number;
      this.#starts.push(this.#bytes.length);
      this.#middles.push(this.#bytes.length + (before.middles[group] as number) - start);
      this.#bytes.bytes(before.bytes.subarray(start, ends[group]));
    }
    this.#devices = kept.map((group) => this.#devices[group] as number);
    this.#processes = kept.map((group) => this.#processes[group] as number);
    this.#flags = kept.map((group) => this.#flags[group] as number);
    this.#pairs = kept.map((group) => this.#pairs[group] as OpenPair);
  }
}
