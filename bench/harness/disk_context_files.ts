import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContextFiles } from '../../src/storage/ports/context.ts';

/** ContextFiles in a folder, for one worker at a time. */
export class DiskContextFiles implements ContextFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  async open(name: string, most: number) {
    if (!existsSync(this.#pathOf(name))) return null;
    const bytes = readFileSync(this.#pathOf(name));
    return { version: '1', length: bytes.length, bytes: Buffer.from(bytes.subarray(0, most)) };
  }

  async read(name: string, _version: string, start: number, end: number) {
    return Buffer.from(readFileSync(this.#pathOf(name)).subarray(start, end));
  }

  async put(name: string, bytes: Uint8Array) {
    writeFileSync(this.#pathOf(name), bytes);
  }

  async *names() {
    const names = readdirSync(this.#folder).map((name) => decodeURIComponent(name));
    if (names.length > 0) yield names.sort();
  }

  async remove(name: string) {
    rmSync(this.#pathOf(name), { force: true });
  }

  #pathOf(name: string): string {
    return join(this.#folder, encodeURIComponent(name));
  }
}
