import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import type { CountFileEntry, CountFileRef, CountFileStart, CountFiles } from '../ports/count_files.ts';
import type { Partition } from '../ports/hourly_counts.ts';
import { bytesOf, versionOf } from './blob_bytes.ts';
import type { StorageClients } from './clients.ts';
import { COUNT_FILES_CONTAINER } from './names.ts';
import { isServiceError, statusOf } from './rest_errors.ts';
import { withSubject } from './with_subject.ts';

/** `v1/2026-11-20/3`: the format of the file, its day and its partition. */
const NAME = /^v1\/(\d{4}-\d\d-\d\d)\/([0-9a-f])$/;
const SEALED = { sealed: 'yes' };
const CONTENT = { blobContentType: 'application/octet-stream' };
/** How often the SDK resumes one download whose connection broke. It asks for the same version. */
const MAX_RESUMES = 5;
const NEW = { ifNoneMatch: '*' } as const;

/** The container `count-files`: a block blob for each partition and day. The ETag is the version. */
export class AzureCountFiles implements CountFiles {
  readonly #container: ContainerClient;

  constructor(clients: StorageClients) {
    this.#container = clients.blobs.getContainerClient(COUNT_FILES_CONTAINER);
  }

  async open(ref: CountFileRef, most: number): Promise<CountFileStart | null> {
    return this.#about('open', ref, async (blob) => {
      try {
        const answer = await blob.download(0, most, { maxRetryRequests: MAX_RESUMES });
        const bytes = await bytesOf(answer.readableStreamBody);
        // `bytes 0-99/1234`
        const length = Number(answer.contentRange?.split('/')[1] ?? bytes.length);
        return { version: versionOf(answer), length, bytes, isSealed: isSealed(answer.metadata) };
      } catch (error) {
        if (statusOf(error) === 404) return null;
        // A range of an empty blob: it is there, without bytes.
        if (statusOf(error) === 416) return await emptyOf(blob);
        throw error;
      }
    });
  }

  async read(ref: CountFileRef, version: string, start: number, end: number): Promise<Uint8Array | null> {
    return this.#about('read', ref, async (blob) => {
      try {
        const options = { conditions: { ifMatch: version }, maxRetryRequests: MAX_RESUMES };
        return await bytesOf((await blob.download(start, end - start, options)).readableStreamBody);
      } catch (error) {
        if ([404, 412].includes(statusOf(error) ?? 0)) return null;
        throw error;
      }
    });
  }

  async put(ref: CountFileRef, bytes: Uint8Array, version: string | null): Promise<string | null> {
    const conditions = conditionsOf(version);
    return this.#write('put', ref, (blob) =>
      blob.upload(asBuffer(bytes), bytes.length, { conditions, blobHTTPHeaders: CONTENT }),
    );
  }

  async stage(ref: CountFileRef, id: string, bytes: Uint8Array): Promise<void> {
    await this.#about('stage', ref, (blob) =>
      this.#creating(() => blob.stageBlock(blockIdOf(id), asBuffer(bytes), bytes.length)),
    );
  }

  async commit(ref: CountFileRef, ids: readonly string[], version: string | null): Promise<string | null> {
    const conditions = conditionsOf(version);
    return this.#write('commit', ref, (blob) =>
      blob.commitBlockList(ids.map(blockIdOf), { conditions, blobHTTPHeaders: CONTENT }),
    );
  }

  async mark(ref: CountFileRef, sealed: boolean, version: string): Promise<string | null> {
    return this.#write('mark', ref, (blob) =>
      blob.setMetadata(sealed ? SEALED : {}, { conditions: { ifMatch: version } }),
    );
  }

  async *list(): AsyncGenerator<readonly CountFileEntry[]> {
    const pages = this.#container.listBlobsFlat({ includeMetadata: true, prefix: 'v1/' }).byPage();
    for (;;) {
      const { done, value } = await withSubject(`${this.#container.containerName}: listing`, async () => {
        try {
          return await pages.next();
        } catch (error) {
          if (isServiceError(error, 404, 'ContainerNotFound')) return { done: true as const, value: undefined };
          throw error;
        }
      });
      if (done) return;
      const files = value.segment.blobItems.flatMap(({ name, properties, metadata }) => {
        const [, day, partition] = NAME.exec(name) ?? [];
        if (day === undefined || partition === undefined) return [];
        const { etag, contentLength = 0 } = properties;
        // A listing writes the ETag without its quotes.
        const version = etag?.startsWith('"') ? etag : `"${etag}"`;
        return [
          { day, partition: partition as Partition, version, length: contentLength, isSealed: isSealed(metadata) },
        ];
      });
      if (files.length > 0) yield files;
    }
  }

  async remove(ref: CountFileRef): Promise<void> {
    await this.#about('removal', ref, async (blob) => {
      try {
        await blob.delete();
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
      }
    });
  }

  /** A write under a version; null where the file has another, or a block of it is gone. */
  async #write(
    what: string,
    ref: CountFileRef,
    write: (blob: BlockBlobClient) => Promise<{ readonly etag?: string }>,
  ): Promise<string | null> {
    return this.#about(what, ref, async (blob) => {
      try {
        return versionOf(await this.#creating(() => write(blob)));
      } catch (error) {
        if (isOvertaken(error)) return null;
        throw error;
      }
    });
  }

  async #creating<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (!isServiceError(error, 404, 'ContainerNotFound')) throw error;
      await this.#container.createIfNotExists();
      return await write();
    }
  }

  #about<T>(what: string, { day, partition }: CountFileRef, call: (blob: BlockBlobClient) => Promise<T>): Promise<T> {
    const subject = `${this.#container.containerName}: ${what} of ${day}, partition ${partition}`;
    return withSubject(subject, () => call(this.#container.getBlockBlobClient(`v1/${day}/${partition}`)));
  }
}

/**
 * 412: another version. 409 BlobAlreadyExists: another created it. 404 of a write under a version: it is gone. 400
 * InvalidBlockList: a commit of another worker dropped what was staged.
 */
function isOvertaken(error: unknown): boolean {
  return (
    statusOf(error) === 412 ||
    isServiceError(error, 409, 'BlobAlreadyExists') ||
    isServiceError(error, 404, 'BlobNotFound') ||
    isServiceError(error, 400, 'InvalidBlockList')
  );
}

function conditionsOf(version: string | null): { readonly ifMatch: string } | typeof NEW {
  return version === null ? NEW : { ifMatch: version };
}

async function emptyOf(blob: BlockBlobClient): Promise<CountFileStart | null> {
  try {
    const answer = await blob.getProperties();
    return { version: versionOf(answer), length: 0, bytes: Buffer.alloc(0), isSealed: isSealed(answer.metadata) };
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

function isSealed(metadata: Readonly<Record<string, string>> | undefined): boolean {
  return metadata?.['sealed'] === SEALED.sealed;
}

/** The same memory. */
function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** The service requires base64. */
function blockIdOf(id: string): string {
  return Buffer.from(id, 'hex').toString('base64');
}
