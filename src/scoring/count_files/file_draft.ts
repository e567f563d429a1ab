import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Counted } from '../../core/records/contribution.ts';
import type { CountFileRef, CountFiles } from '../../storage/ports/count_files.ts';
import { BadFileError, bytesBetween, type CountFile, isIntact } from './count_file.ts';
import { encodeDirectory, type Frame, PART_ID_DIGITS, type Part } from './directory.ts';
import { FILE_SIZES, type FileSizes } from './file_sizes.ts';
import { FrameWriter } from './frame_writer.ts';

type DraftFrame = Omit<Frame, 'start'>;

interface DraftPart {
  readonly hour: number;
  id: string;
  blocks: number;
  readonly frames: DraftFrame[];
  /** Bytes that are not staged. */
  pending: Buffer[];
}

/**
 * The next version of a file: parts that it keeps, and new ones. While all of it is small it stands in memory, and is written
 * by one request, since a small tenant pays by the request. A larger one is staged in blocks as it comes, and a kept part stays where
 * it is. Nothing is visible before `commit`.
 */
export class FileDraft {
  readonly #files: CountFiles;
  readonly #ref: CountFileRef;
  readonly #old: CountFile | null;
  readonly #sizes: FileSizes;
  readonly #keepsBlocks: boolean;
  readonly #parts: DraftPart[] = [];
  #pendingBytes = 0;
  #inBlocks = false;

  /**
   * `old`: the version from which parts can be kept. `keepsBlocks`: whether it still has the blocks that its directory names; a
   * copy of a file has not.
   */
  constructor(files: CountFiles, ref: CountFileRef, old: CountFile | null, sizes = FILE_SIZES, keepsBlocks = true) {
    this.#files = files;
    this.#ref = ref;
    this.#old = old;
    this.#sizes = sizes;
    this.#keepsBlocks = keepsBlocks;
  }

  /** Keeps a part of the old version. Throws a FileChangedError or a BadFileError. */
  async keep(part: Part): Promise<void> {
    const { hour, id, blocks, frames } = part;
    if (id !== '' && this.#keepsBlocks) {
      this.#parts.push({ hour, id, blocks, frames: [...frames], pending: [] });
      this.#inBlocks = true;
      await this.#stageAll();
      return;
    }
    const kept: DraftPart = { hour, id: '', blocks: 0, frames: [], pending: [] };
    this.#parts.push(kept);
    for (const frame of frames) await this.#addFrame(kept, frame, await this.#bytesOfFrame(frame));
    await this.#endPart(kept);
  }

  /** Writes a part of these rows, in order of groupId and time. An hour without rows has no part. */
  async write(hour: number, pages: AsyncIterable<readonly Counted[]>): Promise<void> {
    const part: DraftPart = { hour, id: '', blocks: 0, frames: [], pending: [] };
    const writer = new FrameWriter(this.#ref.day, this.#sizes);
    const endFrame = async (): Promise<void> => {
      const { first, rows } = writer;
      const bytes = writer.take();
      await this.#addFrame(part, { first, rows, length: bytes.length, checksum: crc32(bytes) }, bytes);
    };
    this.#parts.push(part);
    for await (const rows of pages) {
      for (const row of rows) {
        if (writer.isFull) await endFrame();
        writer.add(row);
      }
    }
    if (writer.rows > 0) await endFrame();
    if (part.frames.length === 0) this.#parts.pop();
    else await this.#endPart(part);
  }

  /** Makes it the file in the place of a version, or as new. The new version; null where another write was quicker. */
  async commit(version: string | null): Promise<string | null> {
    const parts = this.#parts.toSorted((a, b) => a.hour - b.hour);
    const { day, partition } = this.#ref;
    const directory = encodeDirectory({ day, partition, parts });
    if (!this.#inBlocks) {
      const bytes = Buffer.concat([directory, ...parts.flatMap(({ pending }) => pending)]);
      return await this.#files.put(this.#ref, bytes, version);
    }
    const id = blockIdOf(newPartId(), 0);
    await this.#files.stage(this.#ref, id, directory);
    return await this.#files.commit(this.#ref, [id, ...parts.flatMap(blockIdsOf)], version);
  }

  async #bytesOfFrame(frame: Frame): Promise<Buffer> {
    if (this.#old === null) throw new Error('there is no old version to keep a part of');
    const bytes = await bytesBetween(this.#files, this.#old, frame.start, frame.start + frame.length);
    // A fault that was copied would have a valid checksum again.
    if (!isIntact(frame, bytes)) throw new BadFileError(this.#old);
    return bytes;
  }

  async #addFrame(part: DraftPart, { first, rows, length, checksum }: DraftFrame, bytes: Buffer): Promise<void> {
    part.frames.push({ first, rows, length, checksum });
    part.pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (!this.#inBlocks && this.#pendingBytes <= this.#sizes.first / 2) return;
    if (!this.#inBlocks) {
      this.#inBlocks = true;
      for (const each of this.#parts) if (each !== part) await this.#stage(each);
    }
    if (sizeOf(part.pending) >= this.#sizes.block) await this.#stage(part);
  }

  async #endPart(part: DraftPart): Promise<void> {
    if (this.#inBlocks) await this.#stage(part);
  }

  async #stageAll(): Promise<void> {
    for (const part of this.#parts) await this.#stage(part);
  }

  async #stage(part: DraftPart): Promise<void> {
    if (part.pending.length === 0) return;
    if (part.id === '') part.id = newPartId();
    const bytes = Buffer.concat(part.pending);
    part.pending = [];
    this.#pendingBytes -= bytes.length;
    await this.#files.stage(this.#ref, blockIdOf(part.id, part.blocks), bytes);
    part.blocks++;
  }
}

function blockIdsOf({ id, blocks }: DraftPart): string[] {
  return Array.from({ length: blocks }, (_, n) => blockIdOf(id, n));
}

/** Random: two workers that stage parts of one hour must not take each other's blocks. */
function newPartId(): string {
  return randomBytes(PART_ID_DIGITS / 2).toString('hex');
}

function blockIdOf(partId: string, block: number): string {
  return partId + block.toString(16).padStart(8, '0');
}

function sizeOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
