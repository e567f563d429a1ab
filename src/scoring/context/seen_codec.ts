import type { FirstSeen } from '../../core/regularity/first_seen.ts';
import { SeenPairs } from '../../core/regularity/seen_pairs.ts';
import { ByteReader } from '../count_files/byte_reader.ts';
import { ByteWriter } from '../count_files/byte_writer.ts';

/** A wrong number of a damaged file must not fill the memory. */
const MAX_EXPECTED = 1_000_000;

/** Since when the tenant is observed; for each pair its hash, its first hour after that, and the hours until its last. */
export function encodeSeen({ since, pairs }: FirstSeen): Buffer {
  const writer = new ByteWriter();
  writer.varint(since);
  writer.varint(pairs.size);
  pairs.forEach((pair, first, last) => {
    writer.uint48(pair);
    writer.varint(first - since);
    writer.varint(last - first);
  });
  return Buffer.from(writer.view());
}

/** Throws a MalformedError. */
export function decodeSeen(section: Buffer): FirstSeen {
  const reader = new ByteReader(section);
  const since = reader.varint();
  const size = reader.varint();
  const pairs = new SeenPairs(Math.min(size, MAX_EXPECTED));
  for (let left = size; left > 0; left--) {
    const pair = reader.uint48();
    const first = since + reader.varint();
    pairs.note(pair, first, first + reader.varint());
  }
  return { since, pairs };
}
