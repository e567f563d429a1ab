import type { BlobClient } from '@azure/storage-blob';
import { statusOf } from './rest_errors.ts';
import { about } from './store_error.ts';

/** How often one download goes on after its connection broke. */
const MAX_RESUMES = 5;

/**
 * Bytes `[start, end)` of a blob as they come; fewer where it is shorter.
 *
 * The SDK resumes a broken download by itself, but under the ETag that the blob had at first: an append blob that has
 * grown meanwhile answers 412. What was read is still its beginning, so we go on without, unless the blob is another
 * one by now, which its creation time tells.
 */
export async function* readBlob(
  blob: BlobClient,
  subject: string,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  let at = start;
  let created: number | undefined;
  for (let resumes = 0; at < end; ) {
    const response = await about(subject, async () => {
      try {
        return await blob.download(at, end - at, { maxRetryRequests: MAX_RESUMES });
      } catch (error) {
        // InvalidRange: the blob ends at or before `at`.
        if (statusOf(error) === 416) return null;
        throw error;
      }
    });
    if (!response?.readableStreamBody) return;
    const createdNow = response.createdOn?.getTime();
    if (at > start && createdNow !== created) throw new Error(`${subject}: it was replaced meanwhile`);
    created = createdNow;
    const chunks = response.readableStreamBody[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    try {
      for (;;) {
        const chunk = await about(subject, () => nextOrChanged(chunks));
        if (chunk === 'changed') {
          if (++resumes > MAX_RESUMES) throw new Error(`${subject}: its connection breaks again and again`);
          break;
        }
        if (chunk.done) return;
        at += chunk.value.length;
        yield chunk.value;
      }
    } finally {
      await chunks.return?.();
    }
  }
}

async function nextOrChanged(chunks: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array> | 'changed'> {
  try {
    return await chunks.next();
  } catch (error) {
    if (statusOf(error) === 412) return 'changed';
    throw error;
  }
}
