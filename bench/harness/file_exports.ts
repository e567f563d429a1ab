import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ExportInfo, ExportRef, ExportStore } from '../../src/storage/ports/exports.ts';

const CHUNK_BYTES = 64 * 1024;

/** Files as the exports of one container, in pieces of the size that the network gives them. */
export class FileExports implements ExportStore {
  readonly #paths: ReadonlyMap<string, string>;

  constructor(paths: readonly string[]) {
    this.#paths = new Map(paths.map((path) => [basename(path), path]));
  }

  async list(container: string): Promise<AsyncIterable<ExportInfo>> {
    const infos = [...this.#paths.keys()].map((name) => this.#infoOf({ container, name }));
    return (async function* () {
      yield* infos;
    })();
  }

  async info(ref: ExportRef): Promise<ExportInfo | null> {
    return this.#paths.has(ref.name) ? this.#infoOf(ref) : null;
  }

  async *read({ name }: ExportRef, start: number, end: number): AsyncGenerator<Uint8Array> {
    const file = await open(this.#pathOf(name));
    try {
      for (let at = start; at < end; ) {
        const piece = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - at));
        const { bytesRead } = await file.read(piece, 0, piece.length, at);
        if (bytesRead === 0) return;
        yield piece.subarray(0, bytesRead);
        at += bytesRead;
      }
    } finally {
      await file.close();
    }
  }

  #infoOf(ref: ExportRef): ExportInfo {
    const { size, mtimeMs } = statSync(this.#pathOf(ref.name));
    const modified = Math.trunc(mtimeMs);
    return { ...ref, length: size, created: modified, lastModified: modified };
  }

  #pathOf(name: string): string {
    const path = this.#paths.get(name);
    if (path === undefined) throw new Error(`no such export: ${name}`);
    return path;
  }
}
