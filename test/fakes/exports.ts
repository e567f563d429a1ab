import type { Clock } from '../../src/storage/ports/clock.ts';
import type { ExportInfo, ExportRef, ExportStore } from '../../src/storage/ports/exports.ts';
import { StoreError } from '../../src/storage/ports/store_error.ts';

interface Blob {
  readonly ref: ExportRef;
  bytes: Buffer;
  readonly created: number;
  lastModified: number;
}

export interface MemoryExportsOptions {
  readonly clock: Clock;
  /** From 0 to below 1: how large the next piece of a reading is. Without, 64 KiB each. */
  readonly random?: () => number;
}

const PIECE_BYTES = 64 * 1024;

/** Exports in this process, which tests may write. */
export class MemoryExports implements ExportStore {
  readonly #options: MemoryExportsOptions;
  readonly #containers = new Map<string, Map<string, Blob>>();

  constructor(options: MemoryExportsOptions) {
    this.#options = options;
  }

  createContainer(container: string): void {
    this.#blobs(container);
  }

  /** Puts bytes behind the export; makes it (and its container) where there is none. */
  append(ref: ExportRef, bytes: Uint8Array | string): void {
    const blob = this.#blobs(ref.container).get(ref.name);
    if (blob) {
      blob.bytes = Buffer.concat([blob.bytes, Buffer.from(bytes)]);
      blob.lastModified = this.#options.clock();
    } else {
      this.replace(ref, bytes);
    }
  }

  /** Puts another export in its place. */
  replace(ref: ExportRef, bytes: Uint8Array | string): void {
    const now = this.#options.clock();
    const blob = { ref: { ...ref }, bytes: Buffer.from(bytes), created: now, lastModified: now };
    this.#blobs(ref.container).set(ref.name, blob);
  }

  remove(ref: ExportRef): void {
    this.#containers.get(ref.container)?.delete(ref.name);
  }

  async list(container: string): Promise<AsyncIterable<ExportInfo> | 'missing'> {
    const blobs = this.#containers.get(container);
    return blobs ? infosOf(blobs) : 'missing';
  }

  async info(ref: ExportRef): Promise<ExportInfo | null> {
    const blob = this.#containers.get(ref.container)?.get(ref.name);
    return blob ? infoOf(blob) : null;
  }

  async *read(ref: ExportRef, start: number, end: number): AsyncGenerator<Uint8Array> {
    const blob = this.#containers.get(ref.container)?.get(ref.name);
    if (!blob) throw new StoreError('no such export');
    const bytes = blob.bytes.subarray(start, Math.max(start, end));
    const { random } = this.#options;
    for (let at = 0; at < bytes.length; ) {
      const size = random ? 1 + Math.floor(random() * Math.min(PIECE_BYTES, bytes.length)) : PIECE_BYTES;
      // A copy: the reader may keep what it gets, and we append.
      yield Uint8Array.from(bytes.subarray(at, at + size));
      at += size;
    }
  }

  #blobs(container: string): Map<string, Blob> {
    let blobs = this.#containers.get(container);
    if (!blobs) {
      blobs = new Map();
      this.#containers.set(container, blobs);
    }
    return blobs;
  }
}

async function* infosOf(blobs: ReadonlyMap<string, Blob>): AsyncGenerator<ExportInfo> {
  for (const name of [...blobs.keys()].sort()) {
    const blob = blobs.get(name);
    if (blob) yield infoOf(blob);
  }
}

function infoOf({ ref, bytes, created, lastModified }: Blob): ExportInfo {
  return { ...ref, length: bytes.length, created, lastModified };
}
