import type { BlobClient } from '@azure/storage-blob';
import { statusOf } from './rest_errors.ts';
import { withSubject } from './with_subject.ts';

/** How often one download resumes after its connection broke. */
const MAX_RESUMES = 5;

/**
 * Bytes `[start, end)` of a blob, in chunks; fewer where the blob is shorter.
 *
 * The SDK resumes a broken download, but with the ETag of the first response: an append blob that has grown answers 412.
 * The bytes already read are still its beginning, so the download resumes without the ETag, unless the creation time
 * shows that the blob was replaced.
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
    const response = await withSubject(subject, async () => {
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
        const chunk = await withSubject(subject, () => nextOrChanged(chunks));
        if (chunk === 'changed') {
          if (++resumes > MAX_RESUMES)
            throw new Error(`${subject}: its connection broke more than ${MAX_RESUMES} times`);
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
