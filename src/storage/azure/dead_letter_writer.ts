import type { BlockBlobClient } from '@azure/storage-blob';
import type { DeadLetter, DeadLetterWriter } from '../ports/dead_letters.ts';
import { encodeLetter } from './dead_letters_codec.ts';
import { isServiceError, statusOf } from './rest_errors.ts';
import { withSubject } from './with_subject.ts';

/** Bytes per staged block. */
const BLOCK_BYTES = 1024 * 1024;
const CONTENT = { blobHTTPHeaders: { blobContentType: 'application/x-ndjson' } };

/**
 * The letters of one segment as one block blob. Full blocks are staged; `close` commits all of them at once. The service
 * drops uncommitted blocks after a week. Block ids are numbers: two workers on one segment write the same letters into
 * the same blocks, so that either can close.
 */
export class AzureDeadLetterWriter implements DeadLetterWriter {
  readonly #blob: BlockBlobClient;
  readonly #subject: string;
  readonly #repeat: boolean;
  readonly #createContainer: () => Promise<unknown>;
  #open: Buffer[] = [];
  #openBytes = 0;
  #blocks: string[] = [];

  constructor(blob: BlockBlobClient, options: { repeat: boolean }, createContainer: () => Promise<unknown>) {
    this.#blob = blob;
    this.#subject = `${blob.containerName}: write of segment ${blob.name}`;
    this.#repeat = options.repeat;
    this.#createContainer = createContainer;
  }

  async add(letter: DeadLetter): Promise<void> {
    const line = encodeLetter(letter);
    this.#open.push(line);
    this.#openBytes += line.length;
    if (this.#openBytes < BLOCK_BYTES) return;
    const block = this.#take();
    const id = blockId(this.#blocks.length);
    await this.#write(() => this.#blob.stageBlock(id, block, block.length));
    this.#blocks.push(id);
  }

  async close(): Promise<void> {
    const last = this.#take();
    const ids = this.#blocks;
    this.#blocks = [];
    if (ids.length > 0) {
      if (last.length > 0) {
        const id = blockId(ids.length);
        ids.push(id);
        await this.#write(() => this.#blob.stageBlock(id, last, last.length));
      }
      await this.#write(() => this.#blob.commitBlockList(ids, CONTENT));
    } else if (last.length > 0) {
      await this.#write(() => this.#blob.upload(last, last.length, CONTENT));
    } else if (this.#repeat) {
      await this.#remove();
    }
  }

  async abort(): Promise<void> {
    this.#take();
    this.#blocks = [];
  }

  #take(): Buffer {
    const bytes = Buffer.concat(this.#open);
    this.#open = [];
    this.#openBytes = 0;
    return bytes;
  }

  async #write(write: () => Promise<unknown>): Promise<void> {
    await withSubject(this.#subject, async () => {
      try {
        await write();
      } catch (error) {
        if (!isServiceError(error, 404, 'ContainerNotFound')) throw error;
        await this.#createContainer();
        await write();
      }
    });
  }

  async #remove(): Promise<void> {
    await withSubject(this.#subject, async () => {
      try {
        await this.#blob.delete();
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
      }
    });
  }
}

/** The service requires base64 and one length for all ids. */
function blockId(index: number): string {
  return Buffer.from(String(index).padStart(6, '0')).toString('base64');
}
