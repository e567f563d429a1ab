import type { BlobItem, BlockBlobClient, ContainerClient, ContainerListBlobsOptions } from '@azure/storage-blob';
import { bytesOf, versionOf } from './blob_bytes.ts';
import { isServiceError, statusOf } from './rest_errors.ts';
import { withSubject } from './with_subject.ts';

export const BINARY = { blobContentType: 'application/octet-stream' };
/** How often the SDK resumes one download whose connection broke. It asks for the same version. */
const MAX_RESUMES = 5;

/** The first bytes of a blob, and what the answer says of all of it. */
export interface BlobStart {
  readonly version: string;
  readonly length: number;
  readonly bytes: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The first bytes of a blob, at most `most`; null where there is none. */
export async function startOfBlob(blob: BlockBlobClient, most: number): Promise<BlobStart | null> {
  try {
    const answer = await blob.download(0, most, { maxRetryRequests: MAX_RESUMES });
    const bytes = await bytesOf(answer.readableStreamBody);
    // `bytes 0-99/1234`
    const length = Number(answer.contentRange?.split('/')[1] ?? bytes.length);
    return { version: versionOf(answer), length, bytes, metadata: answer.metadata ?? {} };
  } catch (error) {
    if (statusOf(error) === 404) return null;
    // A range of an empty blob: it is there, without bytes.
    if (statusOf(error) === 416) return await emptyStart(blob);
    throw error;
  }
}

async function emptyStart(blob: BlockBlobClient): Promise<BlobStart | null> {
  try {
    const answer = await blob.getProperties();
    return { version: versionOf(answer), length: 0, bytes: Buffer.alloc(0), metadata: answer.metadata ?? {} };
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** The bytes `[start, end)` of a version of a blob; null where it has another version, or is gone. */
export async function readOfVersion(
  blob: BlockBlobClient,
  version: string,
  start: number,
  end: number,
): Promise<Buffer | null> {
  try {
    const options = { conditions: { ifMatch: version }, maxRetryRequests: MAX_RESUMES };
    return await bytesOf((await blob.download(start, end - start, options)).readableStreamBody);
  } catch (error) {
    if ([404, 412].includes(statusOf(error) ?? 0)) return null;
    throw error;
  }
}

/** Removes a blob under any version; ignores one that does not exist. */
export async function removeBlob(blob: BlockBlobClient): Promise<void> {
  try {
    await blob.delete();
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}

/** Writes; where the container is missing, creates it and writes again. */
export async function creatingContainer<T>(container: ContainerClient, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isServiceError(error, 404, 'ContainerNotFound')) throw error;
    await container.createIfNotExists();
    return await write();
  }
}

/** The blobs of a container, a page at a time; none where there is no container. */
export async function* pagesOfBlobs(
  container: ContainerClient,
  options: ContainerListBlobsOptions = {},
): AsyncGenerator<readonly BlobItem[]> {
  const pages = container.listBlobsFlat(options).byPage()[Symbol.asyncIterator]();
  for (;;) {
    const page = await withSubject(`${container.containerName}: listing`, () => nextPage(pages));
    if (page.done) return;
    yield page.value.segment.blobItems;
  }
}

async function nextPage<T>(pages: AsyncIterator<T>): Promise<IteratorResult<T>> {
  try {
    return await pages.next();
  } catch (error) {
    if (isServiceError(error, 404, 'ContainerNotFound')) return { done: true, value: undefined };
    throw error;
  }
}

/** The same memory. */
export function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
