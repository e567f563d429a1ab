import type { AppendBlobClient, BlobServiceClient } from '@azure/storage-blob';
import { randomOf } from '../sample/random.ts';
import { pieces } from './pieces.ts';
import type { Upload } from './uploads.ts';

/** The uploads so far. */
export interface Uploaded {
  readonly exports: number;
  readonly appends: number;
  readonly bytes: number;
}

/** Exports that grow in parallel. */
const OPEN = 4;
/** Appends per export, on average. */
export const APPENDS = 4;
/** The limit of one append in emulators, and in Azure before 2022: 4 MiB. */
const MAX_APPEND_BYTES = 4 * 1024 * 1024;

interface Growing {
  readonly blob: AppendBlobClient;
  readonly pieces: AsyncGenerator<Buffer>;
}

/**
 * Uploads exports as the Streaming API does: several append blobs grow in parallel. The pieces end anywhere, also within
 * a line, which is harder than Defender's appends of whole records. Cuts and order follow from the seed. Yields the
 * totals after every append.
 */
export async function* upload(
  blobs: BlobServiceClient,
  uploads: Iterable<Upload>,
  seed: number,
): AsyncGenerator<Uploaded, Uploaded> {
  const random = randomOf(seed, 'uploads');
  const waiting = uploads[Symbol.iterator]();
  const growing: Growing[] = [];
  const total = { exports: 0, appends: 0, bytes: 0 };

  const openNext = async (): Promise<void> => {
    const next = waiting.next();
    if (next.done) return;
    const { container, name, bytes, content } = next.value;
    const blob = blobs.getContainerClient(container).getAppendBlobClient(name);
    await blob.create();
    const longest = bytes === 0 ? MAX_APPEND_BYTES : Math.min(MAX_APPEND_BYTES, Math.ceil((2 * bytes) / APPENDS));
    growing.push({ blob, pieces: pieces(content, () => random.int(1, longest)) });
    total.exports++;
  };

  for (let opened = 0; opened < OPEN; opened++) await openNext();
  while (growing.length > 0) {
    const turn = random.int(0, growing.length - 1);
    const { blob, pieces } = growing[turn] as Growing;
    const piece = await pieces.next();
    if (piece.done) {
      growing.splice(turn, 1);
      await openNext();
    } else {
      await blob.appendBlock(piece.value, piece.value.length);
      total.appends++;
      total.bytes += piece.value.length;
      yield { ...total };
    }
  }
  return total;
}
