import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import type { ContextFileStart, ContextFiles } from '../ports/context.ts';
import { bytesOf, versionOf } from './blob_bytes.ts';
import type { StorageClients } from './clients.ts';
import { CONTEXT_CONTAINER } from './names.ts';
import { isServiceError, statusOf } from './rest_errors.ts';
import { withSubject } from './with_subject.ts';

const CONTENT = { blobContentType: 'application/octet-stream' };
/** How often the SDK resumes one download whose connection broke. It asks for the same version. */
const MAX_RESUMES = 5;

/** The container `context`: block blobs, each written by one request. The ETag is the version. */
export class AzureContextFiles implements ContextFiles {
  readonly #container: ContainerClient;

  constructor(clients: StorageClients) {
    this.#container = clients.blobs.getContainerClient(CONTEXT_CONTAINER);
  }

  async open(name: string, most: number): Promise<ContextFileStart | null> {
    return this.#about('open', name, async (blob) => {
      try {
        const answer = await blob.download(0, most, { maxRetryRequests: MAX_RESUMES });
        const bytes = await bytesOf(answer.readableStreamBody);
        // `bytes 0-99/1234`
        const length = Number(answer.contentRange?.split('/')[1] ?? bytes.length);
        return { version: versionOf(answer), length, bytes };
      } catch (error) {
        if (statusOf(error) === 404) return null;
        // A range of an empty blob: no program writes one.
        if (statusOf(error) === 416) return { version: '', length: 0, bytes: Buffer.alloc(0) };
        throw error;
      }
    });
  }

  async read(name: string, version: string, start: number, end: number): Promise<Uint8Array | null> {
    return this.#about('read', name, async (blob) => {
      try {
        const options = { conditions: { ifMatch: version }, maxRetryRequests: MAX_RESUMES };
        return await bytesOf((await blob.download(start, end - start, options)).readableStreamBody);
      } catch (error) {
        if ([404, 412].includes(statusOf(error) ?? 0)) return null;
        throw error;
      }
    });
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    await this.#about('put', name, async (blob) => {
      const write = () => blob.upload(body, body.length, { blobHTTPHeaders: CONTENT });
      try {
        await write();
      } catch (error) {
        if (!isServiceError(error, 404, 'ContainerNotFound')) throw error;
        await this.#container.createIfNotExists();
        await write();
      }
    });
  }

  async *names(): AsyncGenerator<readonly string[]> {
    const pages = this.#container.listBlobsFlat().byPage()[Symbol.asyncIterator]();
    for (;;) {
      const page = await withSubject(`${CONTEXT_CONTAINER}: list`, async () => {
        try {
          return await pages.next();
        } catch (error) {
          if (isServiceError(error, 404, 'ContainerNotFound')) return { done: true, value: undefined } as const;
          throw error;
        }
      });
      if (page.done) return;
      const names = page.value.segment.blobItems.map(({ name }) => name);
      if (names.length > 0) yield names;
    }
  }

  async remove(name: string): Promise<void> {
    await this.#about('removal', name, async (blob) => {
      try {
        await blob.delete();
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
      }
    });
  }

  #about<T>(what: string, name: string, call: (blob: BlockBlobClient) => Promise<T>): Promise<T> {
    return withSubject(`${CONTEXT_CONTAINER}: ${what} of ${name}`, () =>
      call(this.#container.getBlockBlobClient(name)),
    );
  }
}
