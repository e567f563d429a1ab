import { crc32 } from 'node:zlib';
import { ByteReader, MalformedError } from './byte_reader.ts';
import { ByteWriter } from './byte_writer.ts';

/** The smallest piece of a file that can be read alone, and its place in the index of the groups. */
export interface Frame {
  /** The groupId of its first row. */
  readonly first: string;
  /** Where its bytes begin, from the first byte after the directory. */
  readonly start: number;
  readonly length: number;
  readonly checksum: number;
  readonly rows: number;
}

/** The hour of a part of a whole day. */
export const WHOLE_DAY = 24;

/** The rows of one hour, or of the whole day once it has ended, in order of groupId and time. */
export interface Part {
  /** 0 to 23, or `WHOLE_DAY`. */
  readonly hour: number;
  /** Names its blocks; '' where the file was written in one piece, and has no blocks. */
  readonly id: string;
  readonly blocks: number;
  readonly frames: readonly Frame[];
}

/** What a file begins with: where each part and each frame begins. */
export interface Directory {
  /** The day of all rows, `2026-11-20`. */
  readonly day: string;
  readonly partition: string;
  readonly parts: readonly Part[];
}

/** A directory that was read, or why it was not. `foreign`: not a count file of this version. `bad`: its bytes changed. */
export type DirectoryReading =
  | { readonly ok: true; readonly directory: Directory; readonly length: number }
  | { readonly ok: false; readonly reason: 'foreign' | 'bad' }
  /** It ends later: so many bytes are needed. */
  | { readonly ok: false; readonly reason: 'longer'; readonly length: number };

const MAGIC = Buffer.from('BWCF');
/** A file of another version has another name (`azure/count_files.ts`), and another number here. */
const VERSION = 1;
/** Magic and version (4 + 4), length of the directory (4), checksum of all that follows (4). */
const PREFIX_BYTES = 16;
/** 31 days of an hour's groups need 1 % of it. A length beyond it is a fault, and must not fill the memory. */
const MAX_BYTES = 16 * 1024 * 1024;
export const PART_ID_DIGITS = 24;
const NO_ID = '0'.repeat(PART_ID_DIGITS);

/** A part before it has a place: where its frames begin follows from the lengths of all before them. */
export interface UnplacedPart extends Omit<Part, 'frames'> {
  readonly frames: readonly Omit<Frame, 'start'>[];
}

/** The first bytes of a file: all that stands before its frames. */
export function encodeDirectory({
  day,
  partition,
  parts,
}: Omit<Directory, 'parts'> & { readonly parts: readonly UnplacedPart[] }): Buffer {
  const writer = new ByteWriter();
  writer.text(day);
  writer.text(partition);
  writer.varint(parts.length);
  for (const { hour, id, blocks, frames } of parts) {
    writer.varint(hour);
    writer.hex(id === '' ? NO_ID : id);
    writer.varint(blocks);
    writer.varint(frames.length);
    for (const { first, length, checksum, rows } of frames) {
      writer.hex(first);
      writer.varint(length);
      writer.uint32(checksum);
      writer.varint(rows);
    }
  }
  const body = writer.view();
  const prefix = Buffer.alloc(PREFIX_BYTES);
  MAGIC.copy(prefix);
  prefix.writeUInt32LE(VERSION, 4);
  prefix.writeUInt32LE(PREFIX_BYTES + body.length, 8);
  // The checksum also covers the length: it begins with those four bytes.
  prefix.writeUInt32LE(crc32(body, crc32(prefix.subarray(8, 12))), 12);
  return Buffer.concat([prefix, body]);
}

/** Reads the first bytes of a file of `fileBytes` bytes; a part of them is enough where the directory ends within it. */
export function decodeDirectory(bytes: Buffer, fileBytes: number): DirectoryReading {
  if (bytes.length < PREFIX_BYTES) return { ok: false, reason: isMagic(bytes) && bytes.length > 0 ? 'bad' : 'foreign' };
  if (!isMagic(bytes.subarray(0, 4)) || bytes.readUInt32LE(4) !== VERSION) return { ok: false, reason: 'foreign' };
  const length = bytes.readUInt32LE(8);
  if (length < PREFIX_BYTES || length > MAX_BYTES || length > fileBytes) return { ok: false, reason: 'bad' };
  if (length > bytes.length) return { ok: false, reason: 'longer', length };
  const body = bytes.subarray(PREFIX_BYTES, length);
  if (crc32(body, crc32(bytes.subarray(8, 12))) !== bytes.readUInt32LE(12)) return { ok: false, reason: 'bad' };
  try {
    const { directory, end } = readBody(new ByteReader(body));
    return length + end === fileBytes ? { ok: true, directory, length } : { ok: false, reason: 'bad' };
  } catch (error) {
    if (error instanceof MalformedError) return { ok: false, reason: 'bad' };
    throw error;
  }
}

/** The frames of a part that can hold a group: by its index, mostly one. */
export function framesOf({ frames }: Part, groupId: string): readonly Frame[] {
  const start = placeIn(frames, groupId);
  let end = start;
  while (frames[end]?.first === groupId) end++;
  return frames.slice(Math.max(0, start - 1), end);
}

/** The frames of a part that can hold a group or those after it. */
export function framesFrom({ frames }: Part, groupId: string): readonly Frame[] {
  return frames.slice(Math.max(0, placeIn(frames, groupId) - 1));
}

/** The first frame that begins with the group or after it. The group can begin in the frame before. */
function placeIn(frames: readonly Frame[], groupId: string): number {
  let [low, high] = [0, frames.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames[middle] as Frame).first < groupId) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isMagic(bytes: Buffer): boolean {
  return MAGIC.subarray(0, bytes.length).equals(bytes.subarray(0, MAGIC.length));
}

function readBody(reader: ByteReader): { directory: Directory; end: number } {
  const day = reader.text();
  const partition = reader.text();
  const parts: Part[] = [];
  let start = 0;
  for (let left = reader.varint(); left > 0; left--) {
    const hour = reader.varint();
    const id = reader.hex(PART_ID_DIGITS / 2);
    const blocks = reader.varint();
    const frames: Frame[] = [];
    for (let more = reader.varint(); more > 0; more--) {
      const first = reader.hex(16);
      const length = reader.varint();
      frames.push({ first, start, length, checksum: reader.uint32(), rows: reader.varint() });
      start += length;
    }
    parts.push({ hour, id: id === NO_ID ? '' : id, blocks, frames });
  }
  if (!reader.isAtEnd) throw new MalformedError('the directory is longer than its content');
  return { directory: { day, partition, parts }, end: start };
}
