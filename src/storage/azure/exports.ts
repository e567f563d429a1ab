import type { BlobServiceClient, ContainerListBlobFlatSegmentResponse } from '@azure/storage-blob';
import type { ExportInfo, ExportRef, ExportStore } from '../ports/exports.ts';
import { readBlob } from './blob_reading.ts';
import type { StorageClients } from './clients.ts';
import { isServiceError, statusOf } from './rest_errors.ts';
import { withSubject } from './with_subject.ts';

/** The exports, as blobs. */
export class AzureExports implements ExportStore {
  readonly #blobs: BlobServiceClient;

  constructor(clients: StorageClients) {
    this.#blobs = clients.blobs;
  }

  async list(container: string): Promise<AsyncIterable<ExportInfo> | 'missing'> {
    const subject = `${container}: listing`;
    const pages = this.#blobs.getContainerClient(container).listBlobsFlat().byPage();
    // Read at once: only the first page shows whether the container exists.
    const first = await withSubject(subject, async () => {
      try {
        return await pages.next();
      } catch (error) {
        if (isServiceError(error, 404, 'ContainerNotFound')) return 'missing';
        throw error;
      }
    });
    return first === 'missing' ? first : infosOf(subject, container, first, pages);
  }

  async info({ container, name }: ExportRef): Promise<ExportInfo | null> {
    return withSubject(`${container}: properties of an export`, async () => {
      try {
        const properties = await this.#blobs.getContainerClient(container).getBlobClient(name).getProperties();
        return infoOf({ container, name }, properties);
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    });
  }

  read({ container, name }: ExportRef, start: number, end: number): AsyncIterable<Uint8Array> {
    const blob = this.#blobs.getContainerClient(container).getBlobClient(name);
    return readBlob(blob, `${container}: read of an export`, start, end);
  }
}

type Page = IteratorResult<ContainerListBlobFlatSegmentResponse>;

async function* infosOf(
  subject: string,
  container: string,
  first: Page,
  pages: AsyncIterator<ContainerListBlobFlatSegmentResponse>,
): AsyncGenerator<ExportInfo> {
  for (let page = first; !page.done; page = await withSubject(subject, () => pages.next())) {
    for (const { name, properties } of page.value.segment.blobItems) yield infoOf({ container, name }, properties);
  }
}

/** A blob's properties, from a listing or from a single request. */
interface Properties {
  readonly contentLength?: number;
  readonly lastModified?: Date;
  readonly createdOn?: Date;
}

function infoOf(ref: ExportRef, properties: Properties): ExportInfo {
  const { contentLength, lastModified, createdOn } = properties;
  if (contentLength === undefined || lastModified === undefined) {
    throw new Error(`${ref.container}: the service returned an export without length or time`);
  }
  // Blobs from before 2017 have no time of creation.
  const created = createdOn?.getTime() ?? null;
  return { ...ref, length: contentLength, created, lastModified: lastModified.getTime() };
}
