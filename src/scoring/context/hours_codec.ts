import { HourTable, SOURCES_OF_DEVICE, TABLE_HOURS } from '../../core/regularity/hour_table.ts';
import { type ByteReader, MalformedError } from '../count_files/byte_reader.ts';
import type { ByteWriter } from '../count_files/byte_writer.ts';

/** A run of equal hours is one byte: its length, and its value times this. */
const RUN = TABLE_HOURS + 1;

/** For each device and source: hash, source, and its hours as runs of equal numbers. */
export function writeHours(table: HourTable, into: ByteWriter): void {
  into.varint(table.firstHour);
  into.varint(table.slots);
  const keys = table.keys();
  for (let slot = 0; slot < keys.length; slot++) {
    const key = keys[slot] as number;
    into.uint48(Math.floor(key / SOURCES_OF_DEVICE));
    into.varint(key % SOURCES_OF_DEVICE);
    let start = 0;
    let value = table.groupsAt(slot, table.firstHour);
    for (let at = 1; at <= TABLE_HOURS; at++) {
      const next = at === TABLE_HOURS ? -1 : table.groupsAt(slot, table.firstHour + at);
      if (next === value) continue;
      into.byte(value * RUN + (at - start));
      start = at;
      value = next;
    }
  }
}

/** Throws a MalformedError. */
export function readHours(from: ByteReader): HourTable {
  const firstHour = from.varint();
  const slots = from.varint();
  const table = new HourTable(firstHour + TABLE_HOURS - 1, Number.POSITIVE_INFINITY, slots);
  for (let left = slots; left > 0; left--) {
    const slot = table.slotOf(from.uint48(), from.varint());
    for (let at = 0; at < TABLE_HOURS; ) {
      const run = from.byte();
      const [value, length] = [Math.floor(run / RUN), run % RUN];
      if (length === 0 || at + length > TABLE_HOURS) throw new MalformedError('hours of a device that do not fit');
      if (value > 0) for (let n = 0; n < length; n++) table.mark(slot, firstHour + at + n, value);
      at += length;
    }
  }
  return table;
}
