import type { ContainerClient } from '@azure/storage-blob';
import type { DeadLetter, DeadLetters, DeadLetterWriter } from '../ports/dead_letters.ts';
import { StoreError } from '../ports/store_error.ts';
import { readBlob } from './blob_reading.ts';
import { pagesOfBlobs } from './block_blobs.ts';
import type { StorageClients } from './clients.ts';
import { AzureDeadLetterWriter } from './dead_letter_writer.ts';
import { decodeLetter } from './dead_letters_codec.ts';
import { type JsonLine, readJsonLines } from './json_lines.ts';
import { DEAD_LETTERS_CONTAINER } from './names.ts';
import { withSubject } from './with_subject.ts';

/** The container `dead-letters`: one blob of JSON lines per segment with letters. */
export class AzureDeadLetters implements DeadLetters {
  readonly #container: ContainerClient;

  constructor(clients: StorageClients) {
    this.#container = clients.blobs.getContainerClient(DEAD_LETTERS_CONTAINER);
  }

  open(segmentId: string, options: { repeat: boolean }): DeadLetterWriter {
    const blob = this.#container.getBlockBlobClient(`${segmentId}.jsonl`);
    return new AzureDeadLetterWriter(blob, options, () => this.#container.createIfNotExists());
  }

  /** In order of name. */
  async *list(): AsyncGenerator<DeadLetter> {
    for await (const { name } of this.#blobs()) {
      const container = this.#container.containerName;
      for await (const line of this.#lines(name)) yield decodeLetter(line, { container, name });
    }
  }

  async expire(before: number): Promise<void> {
    for await (const { name, lastModified } of this.#blobs()) {
      if (lastModified.getTime() >= before) continue;
      const subject = `${this.#container.containerName}: removal of ${name}`;
      await withSubject(subject, () => this.#container.getBlobClient(name).deleteIfExists());
    }
  }

  async *#blobs(): AsyncGenerator<{ readonly name: string; readonly lastModified: Date }> {
    for await (const blobs of pagesOfBlobs(this.#container)) {
      yield* blobs.map(({ name, properties: { lastModified } }) => ({ name, lastModified }));
    }
  }

  /** The lines of a blob; none where it was removed meanwhile. */
  async *#lines(name: string): AsyncGenerator<JsonLine> {
    const blob = this.#container.getBlobClient(name);
    const subject = `${this.#container.containerName}: read of ${name}`;
    try {
      yield* readJsonLines(readBlob(blob, subject, 0, Number.MAX_SAFE_INTEGER));
    } catch (error) {
      if (error instanceof StoreError && error.status === 404) return;
      throw error;
    }
  }
}
