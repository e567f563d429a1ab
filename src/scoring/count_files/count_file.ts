import { crc32 } from 'node:zlib';
import type { CountFileRef, CountFiles } from '../../storage/ports/count_files.ts';
import { MalformedError } from './byte_reader.ts';
import { type Directory, decodeDirectory, type Frame, type Part } from './directory.ts';
import { FILE_SIZES, type FileSizes } from './file_sizes.ts';
import { FrameReader } from './frame_reader.ts';

/** A file as one version of it is. */
export interface CountFile {
  readonly ref: CountFileRef;
  readonly version: string;
  readonly isSealed: boolean;
  readonly directory: Directory;
  /** Bytes of the directory: the first frame begins there. */
  readonly frameStart: number;
  /** The first bytes of the file. */
  readonly first: Buffer;
}

export type OpenedFile =
  | { readonly kind: 'file'; readonly file: CountFile }
  | { readonly kind: 'missing' }
  /** `bad`: its bytes changed. `foreign`: not a count file of this version, or of another day. */
  | {
      readonly kind: 'unreadable';
      readonly reason: 'bad' | 'foreign';
      readonly version: string;
      readonly isSealed: boolean;
    };

/** Another worker wrote the file since it was opened, or it is gone: open it again. */
export class FileChangedError extends Error {
  override readonly name = 'FileChangedError';
  readonly ref: CountFileRef;

  constructor(ref: CountFileRef) {
    super(`the count file of ${ref.day}, partition ${ref.partition}, changed while it was read`);
    this.ref = ref;
  }
}

/** The bytes of a file are not what was written. */
export class BadFileError extends Error {
  override readonly name = 'BadFileError';
  readonly ref: CountFileRef;
  readonly version: string;

  constructor({ ref, version }: Pick<CountFile, 'ref' | 'version'>, cause?: unknown) {
    super(`the count file of ${ref.day}, partition ${ref.partition}, is damaged`, { cause });
    this.ref = ref;
    this.version = version;
  }
}

/** Opens a file, and reads its directory. */
export async function openCountFile(files: CountFiles, ref: CountFileRef, sizes = FILE_SIZES): Promise<OpenedFile> {
  for (let most = sizes.first; ; ) {
    const start = await files.open(ref, most);
    if (start === null) return { kind: 'missing' };
    const first = asBuffer(start.bytes);
    const reading = decodeDirectory(first, start.length);
    const { version, isSealed } = start;
    if (reading.ok) {
      const { directory, length: frameStart } = reading;
      const isOfRef = directory.day === ref.day && directory.partition === ref.partition;
      if (!isOfRef) return { kind: 'unreadable', reason: 'foreign', version, isSealed };
      return { kind: 'file', file: { ref, version, isSealed, directory, frameStart, first } };
    }
    if (reading.reason !== 'longer') return { kind: 'unreadable', reason: reading.reason, version, isSealed };
    // The next version can have a longer one again.
    most = reading.length;
  }
}

/**
 * The frames of a part, in order, each ready to be read. Holds one read of bytes. Throws a FileChangedError or a BadFileError;
 * a frame that is decoded later can throw a MalformedError, which then is a fault of the program that wrote it.
 */
export async function* readFrames(
  files: CountFiles,
  file: CountFile,
  frames: Part['frames'],
  sizes = FILE_SIZES,
): AsyncGenerator<FrameReader> {
  for (let n = 0; n < frames.length; ) {
    const read = framesOfOneRead(frames, n, sizes);
    const start = (read[0] as Frame).start;
    const bytes = await bytesBetween(files, file, start, endOf(read.at(-1) as Frame));
    for (const frame of read) {
      yield frameOf(file, frame, bytes.subarray(frame.start - start, endOf(frame) - start));
    }
    n += read.length;
  }
}

/** The bytes of a span of frames, from the first byte after the directory. */
export async function bytesBetween(files: CountFiles, file: CountFile, start: number, end: number): Promise<Buffer> {
  const [from, to] = [file.frameStart + start, file.frameStart + end];
  if (from === to) return Buffer.alloc(0);
  if (to <= file.first.length) return file.first.subarray(from, to);
  const bytes = await files.read(file.ref, file.version, from, to);
  if (bytes === null) throw new FileChangedError(file.ref);
  // The service gives fewer bytes only where the file is shorter.
  if (bytes.length !== to - from) throw new BadFileError(file);
  return asBuffer(bytes);
}

/** Checks the bytes of a frame against the directory. */
export function isIntact({ length, checksum }: Frame, bytes: Buffer): boolean {
  return bytes.length === length && crc32(bytes) === checksum;
}

function frameOf(file: CountFile, frame: Frame, bytes: Buffer): FrameReader {
  if (!isIntact(frame, bytes)) throw new BadFileError(file);
  try {
    return new FrameReader(bytes, file.ref.day);
  } catch (error) {
    if (error instanceof MalformedError) throw new BadFileError(file, error);
    throw error;
  }
}

function framesOfOneRead(frames: readonly Frame[], from: number, sizes: FileSizes): readonly Frame[] {
  let end = from + 1;
  const { start } = frames[from] as Frame;
  while (end < frames.length && endOf(frames[end] as Frame) - start <= sizes.read) end++;
  return frames.slice(from, end);
}

function endOf({ start, length }: Frame): number {
  return start + length;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
