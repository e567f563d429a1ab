import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { HourTable } from '../../core/regularity/hour_table.ts';
import type { Partition } from '../../storage/ports/hourly_counts.ts';
import { ByteReader } from '../count_files/byte_reader.ts';
import { ByteWriter } from '../count_files/byte_writer.ts';
import { readHours, writeHours } from './hours_codec.ts';
import { PairSet } from './pair_set.ts';

/** What the runs of an hour read: the sum of the partials of the runs before. */
export interface MergedFleet {
  /** The run of each partition that is counted, by its asOf; a partition without a partial is absent. */
  readonly counted: ReadonlyMap<Partition, Timestamp>;
  /** Sentences: which partitions are missing or count an older run, and why. */
  readonly faults: readonly string[];
  readonly hours: HourTable;
  /** By the hash of process and network: the number of devices on which it is regular; infinite for common. */
  readonly regular: ReadonlyMap<number, number>;
  /** Pairs that more than few devices use. */
  readonly shared: PairSet;
  /** Those of them of which that holds for the next hours too (`STAY_HOURS`). */
  readonly settled: PairSet;
  /** Pairs that are new: the clock hour in which each was seen first. */
  readonly newPairs: ReadonlyMap<number, number>;
  /** Whether pairs were omitted: those that are not named can be common. */
  readonly isFull: boolean;
}

interface Meta {
  readonly counted: readonly (readonly [Partition, Timestamp])[];
  readonly faults: readonly string[];
  readonly isFull: boolean;
}

/** The sections of a merged file: what partitions read, and the rare pairs, which the process view alone reads. */
export const MERGED_SECTION = 0;
export const RARE_SECTION = 1;
const COMMON = 0;

export function encodeMerged({
  counted,
  faults,
  hours,
  regular,
  shared,
  settled,
  newPairs,
  isFull,
}: MergedFleet): Buffer {
  const writer = new ByteWriter();
  const meta: Meta = { counted: [...counted], faults, isFull };
  writer.text(JSON.stringify(meta));
  writeHours(hours, writer);
  writer.varint(regular.size);
  for (const [pair, devices] of regular) {
    writer.uint48(pair);
    writer.varint(Number.isFinite(devices) ? devices : COMMON);
  }
  writer.varint(shared.size);
  shared.forEach((pair) => {
    writer.uint48(pair);
    writer.byte(settled.has(pair) ? 1 : 0);
  });
  writer.varint(newPairs.size);
  for (const [pair, hour] of newPairs) {
    writer.uint48(pair);
    writer.varint(hour);
  }
  return Buffer.from(writer.view());
}

/** Throws a MalformedError. */
export function decodeMerged(section: Buffer): MergedFleet {
  const reader = new ByteReader(section);
  const { counted, faults, isFull } = JSON.parse(reader.text()) as Meta;
  const hours = readHours(reader);
  const regular = new Map<number, number>();
  for (let left = reader.varint(); left > 0; left--) {
    const pair = reader.uint48();
    const devices = reader.varint();
    regular.set(pair, devices === COMMON ? Number.POSITIVE_INFINITY : devices);
  }
  const shared: number[] = [];
  const settled: number[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const pair = reader.uint48();
    shared.push(pair);
    if (reader.byte() === 1) settled.push(pair);
  }
  const newPairs = new Map<number, number>();
  for (let left = reader.varint(); left > 0; left--) newPairs.set(reader.uint48(), reader.varint());
  const sets = { shared: new PairSet(shared), settled: new PairSet(settled) };
  return { counted: new Map(counted), faults, hours, regular, ...sets, newPairs, isFull };
}

/** Pairs that few devices use. */
export function encodeRare(pairs: readonly number[]): Buffer {
  const writer = new ByteWriter();
  writer.varint(pairs.length);
  for (const pair of pairs) writer.uint48(pair);
  return Buffer.from(writer.view());
}

/** Throws a MalformedError. */
export function decodeRare(section: Buffer): PairSet {
  const reader = new ByteReader(section);
  const pairs: number[] = [];
  for (let left = reader.varint(); left > 0; left--) pairs.push(reader.uint48());
  return new PairSet(pairs);
}
