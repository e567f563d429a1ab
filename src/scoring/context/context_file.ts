import { crc32 } from 'node:zlib';
import type { ContextFiles } from '../../storage/ports/context.ts';
import { StoreError } from '../../storage/ports/store_error.ts';
import { ByteReader, MalformedError } from '../count_files/byte_reader.ts';
import { ByteWriter } from '../count_files/byte_writer.ts';
import { unlessRefused } from './storage_fault.ts';

/** A file as it was opened: its sections are read when they are asked for. */
export interface ContextFile {
  /** Number of sections. */
  readonly sections: number;
  /** The bytes of a section. Throws an UnreadableFileError. */
  section(number: number): Promise<Buffer>;
}

/**
 * A file that cannot be used. `missing`: there is none. `bad`: its bytes are not what was written. `foreign`: it is of another
 * version of the format. `changed`: another worker wrote it meanwhile. A StoreError: storage refused to read it.
 */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
  /** null where storage gave what it has. Otherwise the next run may read the file. */
  readonly refusal: StoreError | null;

  constructor(name: string, reason: keyof typeof REASONS | StoreError, cause?: unknown) {
    const isRefusal = reason instanceof StoreError;
    super(isRefusal ? reason.message : `${name} is ${REASONS[reason]}`, { cause: isRefusal ? reason : cause });
    this.refusal = isRefusal ? reason : null;
  }
}

const REASONS = {
  missing: 'missing',
  bad: 'damaged',
  foreign: 'of another version',
  changed: 'being written',
} as const;

/** Bytes that one request reads. */
export const READ_BYTES = 4 * 1024 * 1024;
const MAGIC = Buffer.from('BWCX');
/** 3: hours of devices as bits; users of a pair say whether they stay. */
const VERSION = 3;
/** The magic text, the version and the length of the head. */
const FIXED_BYTES = 9;
const CHECKSUM_BYTES = 4;

/** A file of some sections: a head with the length and the checksum of each, and a checksum of its own; then the sections. */
export function encodeContextFile(sections: readonly Uint8Array[]): Buffer {
  const body = new ByteWriter();
  body.varint(sections.length);
  for (const section of sections) {
    body.varint(section.length);
    body.uint32(crc32(section));
  }
  const head = new ByteWriter();
  head.bytes(MAGIC);
  head.bytes(Uint8Array.of(VERSION));
  head.uint32(FIXED_BYTES + body.length + CHECKSUM_BYTES);
  head.bytes(body.view());
  head.uint32(crc32(head.view()));
  return Buffer.concat([head.view(), ...sections]);
}

/** Opens a file, and reads its head. Throws an UnreadableFileError. */
export async function openContextFile(files: ContextFiles, name: string): Promise<ContextFile> {
  for (let most = READ_BYTES; ; ) {
    const start = await readable(name, () => files.open(name, most));
    if (start === null) throw new UnreadableFileError(name, 'missing');
    const first = Buffer.from(start.bytes.buffer, start.bytes.byteOffset, start.bytes.byteLength);
    const headLength = headLengthOf(name, first, start.length);
    if (headLength > first.length) {
      most = headLength;
      continue;
    }
    const sections = sectionsOf(name, first.subarray(0, headLength), start.length);
    const bytesOf = (from: number, to: number) => bytesBetween(files, name, start.version, first, from, to);
    return { sections: sections.length, section: (number) => sectionBytes(name, sections[number], bytesOf) };
  }
}

interface Section {
  readonly start: number;
  readonly length: number;
  readonly checksum: number;
}

function headLengthOf(name: string, first: Buffer, length: number): number {
  if (length < FIXED_BYTES + CHECKSUM_BYTES || first.length < FIXED_BYTES) throw new UnreadableFileError(name, 'bad');
  const isOurs = first.subarray(0, MAGIC.length).equals(MAGIC) && first[MAGIC.length] === VERSION;
  if (!isOurs) throw new UnreadableFileError(name, 'foreign');
  const headLength = first.readUInt32LE(MAGIC.length + 1);
  if (headLength > length || headLength < FIXED_BYTES + CHECKSUM_BYTES) throw new UnreadableFileError(name, 'bad');
  return headLength;
}

function sectionsOf(name: string, head: Buffer, fileLength: number): Section[] {
  const end = head.length - CHECKSUM_BYTES;
  if (crc32(head.subarray(0, end)) !== head.readUInt32LE(end)) throw new UnreadableFileError(name, 'bad');
  const reader = new ByteReader(head, FIXED_BYTES);
  let start = head.length;
  const sections = Array.from({ length: reader.varint() }, () => {
    const section = { start, length: reader.varint(), checksum: reader.uint32() };
    start += section.length;
    return section;
  });
  if (start !== fileLength) throw new UnreadableFileError(name, 'bad');
  return sections;
}

async function sectionBytes(
  name: string,
  section: Section | undefined,
  bytesOf: (from: number, to: number) => Promise<Buffer>,
): Promise<Buffer> {
  if (section === undefined) throw new UnreadableFileError(name, 'bad');
  const bytes = await bytesOf(section.start, section.start + section.length);
  const isIntact = bytes.length === section.length && crc32(bytes) === section.checksum;
  if (!isIntact) throw new UnreadableFileError(name, 'bad');
  return bytes;
}

async function bytesBetween(
  files: ContextFiles,
  name: string,
  version: string,
  first: Buffer,
  from: number,
  to: number,
): Promise<Buffer> {
  const pieces = [first.subarray(from, to)];
  for (let at = Math.max(from, first.length); at < to; at += READ_BYTES) {
    const piece = await readable(name, () => files.read(name, version, at, Math.min(to, at + READ_BYTES)));
    if (piece === null) throw new UnreadableFileError(name, 'changed');
    pieces.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  }
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
}

function readable<T>(name: string, request: () => Promise<T>): Promise<T> {
  return unlessRefused(request, (refusal) => {
    throw new UnreadableFileError(name, refusal);
  });
}

/** Opens a file, and reads one section. Throws an UnreadableFileError. */
export async function readContextFile<T>(
  files: ContextFiles,
  name: string,
  number: number,
  decode: (section: Buffer) => T,
): Promise<T> {
  return await readContextSection(name, await openContextFile(files, name), number, decode);
}

/** Reads a section. Bytes that pass the checksum and make no sense are those of a faulty program: also `bad`. */
export async function readContextSection<T>(
  name: string,
  file: ContextFile,
  number: number,
  decode: (section: Buffer) => T,
): Promise<T> {
  const section = await file.section(number);
  try {
    return decode(section);
  } catch (error) {
    if (error instanceof MalformedError) throw new UnreadableFileError(name, 'bad', error);
    throw error;
  }
}
