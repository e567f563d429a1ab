import type { AppendBlobClient, BlobServiceClient } from '@azure/storage-blob';
import { randomOf } from '../sample/random.ts';
import { pieces } from './pieces.ts';
import type { Upload } from './uploads.ts';

/** What has been put into storage so far. */
export interface Uploaded {
  readonly exports: number;
  readonly appends: number;
  readonly bytes: number;
}

/** Exports that grow side by side. */
const OPEN = 4;
/** Appends of one export, on average. */
export const APPENDS = 4;
/** What Azure takes in one append, before 2022 and in emulators: 4 MiB. */
const MAX_APPEND_BYTES = 4 * 1024 * 1024;

interface Growing {
  readonly blob: AppendBlobClient;
  readonly pieces: AsyncGenerator<Buffer>;
}

/**
 * Puts exports into storage as the Streaming API does: append blobs that grow, several at a time, by pieces that end
 * anywhere, also within a line (which makes it harder than Defender, whose appends are whole records). Cuts and turns
 * follow from the seed. Says after every append what is there so far.
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
