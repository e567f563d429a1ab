import { Buffer } from 'node:buffer';

/** Bytes whose records are one batch. Each record of a batch takes a few hundred bytes, and may have two itself. */
const PIECE_BYTES = 64 * 1024;
/** Of lines that are known to be of an active source few are parsed. A batch costs some 10 µs, whatever it holds. */
const LARGE_PIECE_BYTES = 256 * 1024;

/**
 * The bytes of the chunks, in pieces of at most `PIECE_BYTES`; where `isLarge` returns true, of at most `LARGE_PIECE_BYTES`. A
 * piece is a view on its chunk.
 */
export async function* piecesIn(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  isLarge: () => boolean = () => false,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const length = Math.min(isLarge() ? LARGE_PIECE_BYTES : PIECE_BYTES, chunk.length - at);
      yield Buffer.from(chunk.buffer, chunk.byteOffset + at, length);
      at += length;
    }
  }
}
