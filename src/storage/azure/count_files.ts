import type { BlobItem, BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import type { CountFileEntry, CountFileRef, CountFileStart, CountFiles } from '../ports/count_files.ts';
import type { Partition } from '../ports/hourly_counts.ts';
import { versionOf } from './blob_bytes.ts';
import {
  asBuffer,
  BINARY,
  creatingContainer,
  pagesOfBlobs,
  readOfVersion,
  removeBlob,
  startOfBlob,
} from './block_blobs.ts';
import type { StorageClients } from './clients.ts';
import { COUNT_FILES_CONTAINER } from './names.ts';
import { isServiceError, statusOf } from './rest_errors.ts';
import { withSubject } from './with_subject.ts';

/** `v1/2026-11-20/3`: the format of the file, its day and its partition. */
const NAME = /^v1\/(\d{4}-\d\d-\d\d)\/([0-9a-f])$/;
const SEALED = { sealed: 'yes' };
const NEW = { ifNoneMatch: '*' } as const;

/** The container `count-files`: a block blob for each partition and day. The ETag is the version. */
export class AzureCountFiles implements CountFiles {
  readonly #container: ContainerClient;

  constructor(clients: StorageClients) {
    this.#container = clients.blobs.getContainerClient(COUNT_FILES_CONTAINER);
  }

  async open(ref: CountFileRef, most: number): Promise<CountFileStart | null> {
    return this.#about('open', ref, async (blob) => {
      const start = await startOfBlob(blob, most);
      if (start === null) return null;
      const { metadata, ...rest } = start;
      return { ...rest, isSealed: isSealed(metadata) };
    });
  }

  async read(ref: CountFileRef, version: string, start: number, end: number): Promise<Uint8Array | null> {
    return this.#about('read', ref, (blob) => readOfVersion(blob, version, start, end));
  }

  async put(ref: CountFileRef, bytes: Uint8Array, version: string | null): Promise<string | null> {
    const conditions = conditionsOf(version);
    return this.#write('put', ref, (blob) =>
      blob.upload(asBuffer(bytes), bytes.length, { conditions, blobHTTPHeaders: BINARY }),
    );
  }

  async stage(ref: CountFileRef, id: string, bytes: Uint8Array): Promise<void> {
    await this.#about('stage', ref, (blob) =>
      creatingContainer(this.#container, () => blob.stageBlock(blockIdOf(id), asBuffer(bytes), bytes.length)),
    );
  }

  async commit(ref: CountFileRef, ids: readonly string[], version: string | null): Promise<string | null> {
    const conditions = conditionsOf(version);
    return this.#write('commit', ref, (blob) =>
      blob.commitBlockList(ids.map(blockIdOf), { conditions, blobHTTPHeaders: BINARY }),
    );
  }

  async mark(ref: CountFileRef, sealed: boolean, version: string): Promise<string | null> {
    return this.#write('mark', ref, (blob) =>
      blob.setMetadata(sealed ? SEALED : {}, { conditions: { ifMatch: version } }),
    );
  }

  async *list(): AsyncGenerator<readonly CountFileEntry[]> {
    for await (const blobs of pagesOfBlobs(this.#container, { includeMetadata: true, prefix: 'v1/' })) {
      const files = blobs.flatMap((blob) => entryOf(blob) ?? []);
      if (files.length > 0) yield files;
    }
  }

  async remove(ref: CountFileRef): Promise<void> {
    await this.#about('removal', ref, removeBlob);
  }

  /** A write under a version; null where the file has another, or a block of it is gone. */
  async #write(
    what: string,
    ref: CountFileRef,
    write: (blob: BlockBlobClient) => Promise<{ readonly etag?: string }>,
  ): Promise<string | null> {
    return this.#about(what, ref, async (blob) => {
      try {
        return versionOf(await creatingContainer(this.#container, () => write(blob)));
      } catch (error) {
        if (isOvertaken(error)) return null;
        throw error;
      }
    });
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

function entryOf({ name, properties, metadata }: BlobItem): CountFileEntry | null {
  const [, day, partition] = NAME.exec(name) ?? [];
  if (day === undefined || partition === undefined) return null;
  const { etag, contentLength = 0 } = properties;
  // A listing writes the ETag without its quotes.
  const version = etag?.startsWith('"') ? etag : `"${etag}"`;
  return { day, partition: partition as Partition, version, length: contentLength, isSealed: isSealed(metadata) };
}

function isSealed(metadata: Readonly<Record<string, string>> | undefined): boolean {
  return metadata?.['sealed'] === SEALED.sealed;
}

/** The service requires base64. */
function blockIdOf(id: string): string {
  return Buffer.from(id, 'hex').toString('base64');
}
