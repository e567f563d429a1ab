import type { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import type { ByteSource } from './byte_source.ts';
import { ContainerError } from './container_error.ts';

const CHUNK_BYTES = 1024 * 1024;
const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
/** Flags of a header (RFC 1952, section 2.3.1). */
const [HAS_CRC, HAS_EXTRA, HAS_NAME, HAS_COMMENT] = [2, 4, 8, 16];
/** A name or a comment of more bytes is none. */
const MAX_TEXT_BYTES = 64 * 1024;

/**
 * The content of gzip, with all its members (RFC 1952), and zero bytes between them. Each member is unpacked by itself:
 * Node's own gunzip forgets what it has unpacked of a chunk whose rest is no gzip, and ends at a zero byte. Throws a
 * ContainerError where the bytes are cut off or damaged, and where other bytes follow.
 */
export async function* gunzip(source: ByteSource): AsyncGenerator<Buffer> {
  for (let members = 0; await isMember(source, members); members++) {
    await skipHeader(source);
    yield* member(source);
  }
}

async function isMember(source: ByteSource, members: number): Promise<boolean> {
  for (;;) {
    const head = await source.peek(2);
    if (head[0] === 0x1f && head[1] === 0x8b) return true;
    if (head.length === 0) return false;
    if (head[0] === 0 && members > 0) source.skip(1);
    else {
      const where = members > 0 ? 'after the end of the gzip data' : 'at the begin';
      throw new ContainerError(
        `the bytes ${where} (byte ${source.offset}) are no gzip; what was before them is counted`,
      );
    }
  }
}

async function skipHeader(source: ByteSource): Promise<void> {
  const header = await source.take(HEADER_BYTES);
  if (header.length < HEADER_BYTES) throw cutOff(source);
  const flags = header[3] as number;
  if (header[2] !== 8) throw damaged(source, `unknown compression ${header[2]}`);
  if (flags & HAS_EXTRA) {
    const length = await source.take(2);
    if (length.length < 2) throw cutOff(source);
    await source.take(length.readUInt16LE());
  }
  if (flags & HAS_NAME) await skipText(source);
  if (flags & HAS_COMMENT) await skipText(source);
  if (flags & HAS_CRC) await source.take(2);
}

async function skipText(source: ByteSource): Promise<void> {
  const text = await source.peek(MAX_TEXT_BYTES);
  const end = text.indexOf(0);
  if (end === -1) throw text.length < MAX_TEXT_BYTES ? cutOff(source) : damaged(source, 'name without end');
  source.skip(end + 1);
}

/** The content of one member, checked against its checksum and its length. */
async function* member(source: ByteSource): AsyncGenerator<Buffer> {
  const engine = createInflateRaw({ chunkSize: CHUNK_BYTES });
  const packed = Readable.from(source.ahead(), { highWaterMark: 1 });
  packed.on('error', (error) => engine.destroy(error));
  let used = 0;
  let checksum = 0;
  let length = 0;
  const take = () => {
    source.skip(engine.bytesWritten - used);
    used = engine.bytesWritten;
  };
  try {
    for await (const piece of packed.pipe(engine) as AsyncIterable<Buffer>) {
      take();
      checksum = crc32(piece, checksum);
      length += piece.length;
      yield piece;
    }
    take();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') throw cutOff(source);
    if (code?.startsWith('Z_')) throw damaged(source, (error as Error).message);
    throw error;
  } finally {
    packed.destroy();
    engine.destroy();
  }
  const trailer = await source.take(TRAILER_BYTES);
  if (trailer.length < TRAILER_BYTES) throw cutOff(source);
  if (trailer.readUInt32LE(0) !== checksum) throw damaged(source, 'wrong checksum');
  if (trailer.readUInt32LE(4) !== length % 2 ** 32) throw damaged(source, 'wrong length');
}

function cutOff({ offset }: ByteSource): ContainerError {
  return new ContainerError(`gzip that is cut off after byte ${offset}; copy the file again`);
}

function damaged({ offset }: ByteSource, how: string): ContainerError {
  return new ContainerError(`gzip that is damaged before byte ${offset} (${how}); copy the file again`);
}
