import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { FleetPartial, PairFacts } from '../../core/regularity/fleet_partial.ts';
import { TABLE_HOURS } from '../../core/regularity/hour_table.ts';
import type { ContextFiles } from '../../storage/ports/context.ts';
import type { Partition } from '../../storage/ports/hourly_counts.ts';
import { ByteReader } from '../count_files/byte_reader.ts';
import { ByteWriter } from '../count_files/byte_writer.ts';
import { encodeContextFile } from './context_file.ts';
import { readHours, writeHours } from './hours_codec.ts';
import { partialName } from './names.ts';

/** The sections of a partial: what is added up, and from the second one on the groups of the process view. */
export const PARTIAL_SECTION = 0;
export const FIRST_GROUPS = 1;
/** A number of devices that stands for more than are listed. */
const MORE = 0;

/**
 * A partial without its groups: the hours of the devices; for each pair its hash, its first hour after that of the table, the
 * devices that use it and those on which it is regular.
 */
export function encodePartial({ hours, pairs, isFull, reports }: FleetPartial): Buffer {
  const writer = new ByteWriter();
  writeHours(hours, writer);
  for (const number of reports) writer.varint(number);
  writer.varint(isFull ? 1 : 0);
  writer.varint(pairs.size);
  for (const [pair, { firstHour, users, regular }] of pairs) {
    writer.uint48(pair);
    writer.varint(firstHour - hours.firstHour);
    writeDevices(users, writer);
    writeDevices(regular, writer);
  }
  return Buffer.from(writer.view());
}

/** Throws a MalformedError. */
export function decodePartial(section: Buffer): FleetPartial {
  const reader = new ByteReader(section);
  const hours = readHours(reader);
  const reports = Array.from({ length: TABLE_HOURS }, () => reader.varint());
  const isFull = reader.varint() === 1;
  const pairs = new Map<number, PairFacts>();
  for (let left = reader.varint(); left > 0; left--) {
    const pair = reader.uint48();
    const firstHour = hours.firstHour + reader.varint();
    pairs.set(pair, { firstHour, users: readDevices(reader), regular: readDevices(reader) });
  }
  return { hours, pairs, isFull, reports };
}

function writeDevices(devices: readonly number[] | null, into: ByteWriter): void {
  into.varint(devices === null ? MORE : 1 + devices.length);
  for (const device of devices ?? []) into.uint48(device);
}

function readDevices(from: ByteReader): readonly number[] | null {
  const number = from.varint();
  if (number === MORE) return null;
  const devices: number[] = [];
  for (let n = 1; n < number; n++) devices.push(from.uint48());
  return devices.length === 0 ? NONE : devices;
}

const NONE: readonly number[] = [];

/** Leaves a partial for the next run, and the sections of its groups. Repeating it changes nothing. */
export async function writePartial(
  files: ContextFiles,
  asOf: Timestamp,
  partition: Partition,
  partial: FleetPartial,
  groups: readonly Buffer[] = [],
): Promise<void> {
  const sections = [encodePartial(partial), ...groups];
  await files.put(partialName(asOf, partition), encodeContextFile(sections));
}
