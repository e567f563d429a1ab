import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { FleetPartial } from '../../core/regularity/fleet_partial.ts';
import { TABLE_HOURS } from '../../core/regularity/hour_bits.ts';
import { PairRows } from '../../core/regularity/pair_table.ts';
import type { ContextFiles } from '../../storage/ports/context.ts';
import type { Partition } from '../../storage/ports/hourly_counts.ts';
import { ByteReader, MalformedError } from '../count_files/byte_reader.ts';
import { ByteWriter } from '../count_files/byte_writer.ts';
import { encodeContextFile } from './context_file.ts';
import { readHours, writeHours } from './hours_codec.ts';
import { partialName } from './names.ts';

/** The sections of a partial: what is added up, and from the second one on the groups of the process view. */
export const PARTIAL_SECTION = 0;
export const FIRST_GROUPS = 1;
/** Stands for more devices than are listed. */
const COMMON = 0;
/** The number of the users of a pair is below it; a bit for each that stays follows. */
const USER_COUNTS = 8;
/** A wrong number of a damaged file must not fill the memory. */
const MAX_EXPECTED = 1_000_000;

/**
 * A partial without its groups: the hours of the devices; for each pair its hash, its first hour after that of the table, and the
 * devices that use it; then the devices on which pairs are regular.
 */
export function encodePartial({ hours, pairs, isFull, reports }: FleetPartial): Buffer {
  const writer = new ByteWriter();
  writeHours(hours, writer);
  for (const number of reports) writer.varint(number);
  writer.varint(isFull ? 1 : 0);
  writer.varint(pairs.size);
  for (let slot = 0; slot < pairs.size; slot++) writePair(pairs, slot, hours.firstHour, writer);
  writer.varint(pairs.regular.size);
  for (const [slot, devices] of pairs.regular) {
    writer.varint(slot);
    writer.varint(devices === 'common' ? COMMON : 1 + devices.size);
    if (devices !== 'common') for (const device of devices) writer.uint48(device);
  }
  return Buffer.from(writer.view());
}

function writePair(pairs: PairRows, slot: number, firstHour: number, into: ByteWriter): void {
  const users = pairs.usersAt(slot);
  let mark = users;
  for (let n = 0; n < users; n++) if (pairs.staysAt(slot, n)) mark |= USER_COUNTS << n;
  into.uint48(pairs.pairAt(slot));
  into.varint(pairs.firstHourAt(slot) - firstHour);
  into.byte(mark);
  for (let n = 0; n < users; n++) into.uint48(pairs.userAt(slot, n));
}

/** Throws a MalformedError. */
export function decodePartial(section: Buffer): FleetPartial {
  const reader = new ByteReader(section);
  const hours = readHours(reader);
  const reports = Array.from({ length: TABLE_HOURS }, () => reader.varint());
  const isFull = reader.varint() === 1;
  const size = reader.varint();
  const pairs = new PairRows(Math.min(size, MAX_EXPECTED));
  for (let left = size; left > 0; left--) {
    const slot = pairs.add(reader.uint48(), hours.firstHour + reader.varint());
    const mark = reader.byte();
    for (let n = 0; n < mark % USER_COUNTS; n++) pairs.use(slot, reader.uint48(), (mark & (USER_COUNTS << n)) !== 0);
  }
  for (let left = reader.varint(); left > 0; left--) readRegular(reader, pairs);
  return { hours, pairs, isFull, reports };
}

function readRegular(from: ByteReader, pairs: PairRows): void {
  const slot = from.varint();
  if (slot >= pairs.size) throw new MalformedError('a regular pair that is not there');
  const number = from.varint();
  if (number === COMMON) pairs.setCommon(slot);
  for (let n = 1; n < number; n++) pairs.addRegular(slot, from.uint48());
}

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
