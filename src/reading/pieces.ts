import { Buffer } from 'node:buffer';

/** Bytes whose records are one batch. Each record of a batch takes a few hundred bytes, and may have two itself. */
const PIECE_BYTES = 64 * 1024;

/** The bytes of the chunks, in pieces of at most `PIECE_BYTES`. A piece is a view on its chunk. */
export async function* piecesIn(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      const length = Math.min(PIECE_BYTES, chunk.length - at);
      yield Buffer.from(chunk.buffer, chunk.byteOffset + at, length);
    }
  }
}
