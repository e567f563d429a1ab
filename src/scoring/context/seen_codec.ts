import type { FirstSeen, PairSeen } from '../../core/regularity/first_seen.ts';
import { ByteReader } from '../count_files/byte_reader.ts';
import { ByteWriter } from '../count_files/byte_writer.ts';

/** Since when the tenant is observed; for each pair its hash, its first hour after that, and the hours until its last. */
export function encodeSeen({ since, pairs }: FirstSeen): Buffer {
  const writer = new ByteWriter();
  writer.varint(since);
  writer.varint(pairs.size);
  for (const [pair, { first, last }] of pairs) {
    writer.uint48(pair);
    writer.varint(first - since);
    writer.varint(last - first);
  }
  return Buffer.from(writer.view());
}

/** Throws a MalformedError. */
export function decodeSeen(section: Buffer): FirstSeen {
  const reader = new ByteReader(section);
  const since = reader.varint();
  const pairs = new Map<number, PairSeen>();
  for (let left = reader.varint(); left > 0; left--) {
    const pair = reader.uint48();
    const first = since + reader.varint();
    pairs.set(pair, { first, last: first + reader.varint() });
  }
  return { since, pairs };
}
