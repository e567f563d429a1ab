import type { Clock } from '../../src/storage/ports/clock.ts';
import type { ExportInfo, ExportRef, ExportStore } from '../../src/storage/ports/exports.ts';

interface Growing {
  readonly pieces: Uint8Array[];
  length: number;
  readonly created: number;
  lastModified: number;
}

/** Exports in this process that grow by appends without being copied; one container. */
export class GrowingExports implements ExportStore {
  readonly #clock: Clock;
  readonly #blobs = new Map<string, Growing>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  append(name: string, bytes: Uint8Array): void {
    const now = this.#clock();
    const blob = this.#blobs.get(name) ?? { pieces: [], length: 0, created: now, lastModified: now };
    blob.pieces.push(bytes);
    blob.length += bytes.length;
    blob.lastModified = now;
    this.#blobs.set(name, blob);
  }

  async list(container: string): Promise<AsyncIterable<ExportInfo>> {
    const infos = [...this.#blobs].map(([name, blob]) => infoOf({ container, name }, blob));
    return (async function* () {
      yield* infos;
    })();
  }

  async info(ref: ExportRef): Promise<ExportInfo | null> {
    const blob = this.#blobs.get(ref.name);
    return blob ? infoOf(ref, blob) : null;
  }

  async *read({ name }: ExportRef, start: number, end: number): AsyncGenerator<Uint8Array> {
    let at = 0;
    for (const piece of this.#blobs.get(name)?.pieces ?? []) {
      const part = piece.subarray(Math.max(0, start - at), Math.max(0, end - at));
      if (part.length > 0) yield part;
      at += piece.length;
    }
  }
}

function infoOf({ container, name }: ExportRef, { length, created, lastModified }: Growing): ExportInfo {
  return { container, name, length, created, lastModified };
}
