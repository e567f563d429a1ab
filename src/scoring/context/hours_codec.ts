import { HOUR_WORDS, LAST_WORD, TABLE_HOURS } from '../../core/regularity/hour_bits.ts';
import { HourTable, SLOT_WORDS, SOURCES_OF_DEVICE } from '../../core/regularity/hour_table.ts';
import { type ByteReader, MalformedError } from '../count_files/byte_reader.ts';
import type { ByteWriter } from '../count_files/byte_writer.ts';

/** For each device and source: hash, source, and a bit for each hour with a group, then for each one with two or more. */
export function writeHours(table: HourTable, into: ByteWriter): void {
  into.varint(table.firstHour);
  into.varint(table.slots);
  const keys = table.keys();
  for (let slot = 0; slot < keys.length; slot++) {
    const key = keys[slot] as number;
    into.uint48(Math.floor(key / SOURCES_OF_DEVICE));
    into.varint(key % SOURCES_OF_DEVICE);
    const words = table.wordsOf(slot);
    for (let n = 0; n < SLOT_WORDS; n++) {
      const word = (words[n] as number) >>> 0;
      // The last word has a few bits.
      if (n % HOUR_WORDS === HOUR_WORDS - 1) into.varint(word);
      else into.uint32(word);
    }
  }
}

/** Throws a MalformedError. */
export function readHours(from: ByteReader): HourTable {
  const firstHour = from.varint();
  const slots = from.varint();
  const table = new HourTable(firstHour + TABLE_HOURS - 1, Number.POSITIVE_INFINITY, slots);
  const words = new Uint32Array(SLOT_WORDS);
  for (let left = slots; left > 0; left--) {
    const slot = table.slotOf(from.uint48(), from.varint());
    for (let n = 0; n < SLOT_WORDS; n++) {
      const isLast = n % HOUR_WORDS === HOUR_WORDS - 1;
      const word = isLast ? from.varint() : from.uint32();
      if (isLast && word > LAST_WORD) throw new MalformedError('hours of a device that do not fit');
      words[n] = word;
    }
    table.setWords(slot, words);
  }
  return table;
}
