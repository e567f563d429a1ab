import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import type { ContextFileStart, ContextFiles } from '../ports/context.ts';
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
import { CONTEXT_CONTAINER } from './names.ts';
import { withSubject } from './with_subject.ts';

/** The container `context`: block blobs, each written by one request. The ETag is the version. */
export class AzureContextFiles implements ContextFiles {
  readonly #container: ContainerClient;

  constructor(clients: StorageClients) {
    this.#container = clients.blobs.getContainerClient(CONTEXT_CONTAINER);
  }

  async open(name: string, most: number): Promise<ContextFileStart | null> {
    return this.#about('open', name, async (blob) => {
      const start = await startOfBlob(blob, most);
      if (start === null) return null;
      const { metadata: _metadata, ...rest } = start;
      return rest;
    });
  }

  async read(name: string, version: string, start: number, end: number): Promise<Uint8Array | null> {
    return this.#about('read', name, (blob) => readOfVersion(blob, version, start, end));
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const write = (blob: BlockBlobClient) => blob.upload(asBuffer(bytes), bytes.length, { blobHTTPHeaders: BINARY });
    await this.#about('put', name, (blob) => creatingContainer(this.#container, () => write(blob)));
  }

  async *names(): AsyncGenerator<readonly string[]> {
    for await (const blobs of pagesOfBlobs(this.#container)) {
      if (blobs.length > 0) yield blobs.map(({ name }) => name);
    }
  }

  async remove(name: string): Promise<void> {
    await this.#about('removal', name, removeBlob);
  }

  #about<T>(what: string, name: string, call: (blob: BlockBlobClient) => Promise<T>): Promise<T> {
    return withSubject(`${CONTEXT_CONTAINER}: ${what} of ${name}`, () =>
      call(this.#container.getBlockBlobClient(name)),
    );
  }
}
