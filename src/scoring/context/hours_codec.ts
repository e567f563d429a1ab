import { HourTable, TABLE_HOURS } from '../../core/regularity/hour_table.ts';
import { type ByteReader, MalformedError } from '../count_files/byte_reader.ts';
import type { ByteWriter } from '../count_files/byte_writer.ts';

/** A run of equal hours is one byte: its length, and its value times this. */
const RUN = TABLE_HOURS + 1;

/** For each device and source: hash, source, and its hours as runs of equal numbers. */
export function writeHours(table: HourTable, into: ByteWriter): void {
  const rows = [...table.rows()];
  into.varint(table.firstHour);
  into.varint(rows.length);
  const bytes = new Uint8Array(TABLE_HOURS);
  for (const { device, source, groups } of rows) {
    into.uint48(device);
    into.varint(source);
    let runs = 0;
    for (let at = 0, start = 0; at < TABLE_HOURS; at++) {
      if (at + 1 < TABLE_HOURS && groups[at + 1] === groups[at]) continue;
      bytes[runs++] = (groups[at] as number) * RUN + (at + 1 - start);
      start = at + 1;
    }
    into.bytes(bytes.subarray(0, runs));
  }
}

/** Throws a MalformedError. */
export function readHours(from: ByteReader): HourTable {
  const firstHour = from.varint();
  const table = new HourTable(firstHour + TABLE_HOURS - 1, Number.POSITIVE_INFINITY);
  for (let left = from.varint(); left > 0; left--) {
    const slot = table.slotOf(from.uint48(), from.varint());
    for (let at = 0; at < TABLE_HOURS; ) {
      const run = from.take(1)[0] as number;
      const [value, length] = [Math.floor(run / RUN), run % RUN];
      if (length === 0 || at + length > TABLE_HOURS) throw new MalformedError('hours of a device that do not fit');
      if (value > 0) for (let n = 0; n < length; n++) table.mark(slot, firstHour + at + n, value);
      at += length;
    }
  }
  return table;
}
