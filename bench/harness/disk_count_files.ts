import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CountFileRef, CountFiles } from '../../src/storage/ports/count_files.ts';

/** CountFiles in a folder, for one worker at a time: the memory of a run is then that of a run against the service. */
export class DiskCountFiles implements CountFiles {
  readonly #folder: string;
  readonly #versions = new Map<string, string>();
  #writes = 0;

  /** `folder`: of another worker, whose files are there; by default a new one. */
  constructor(folder = mkdtempSync(join(tmpdir(), 'beaconwatch-files-'))) {
    this.#folder = folder;
  }

  async open(ref: CountFileRef, most: number) {
    const path = this.#pathOf(ref);
    if (!existsSync(path)) return null;
    const version = this.#versions.get(path) ?? '0';
    const { size } = statSync(path);
    return { version, length: size, bytes: bytesOf(path, 0, Math.min(most, size)), isSealed: false };
  }

  async read(ref: CountFileRef, _version: string, start: number, end: number) {
    return bytesOf(this.#pathOf(ref), start, end);
  }

  async put(ref: CountFileRef, bytes: Uint8Array) {
    return this.#write(ref, bytes);
  }

  async stage(ref: CountFileRef, id: string, bytes: Uint8Array) {
    writeFileSync(this.#blockOf(ref, id), bytes);
  }

  async commit(ref: CountFileRef, ids: readonly string[]) {
    writeFileSync(this.#pathOf(ref), '');
    for (const id of ids) writeFileSync(this.#pathOf(ref), readFileSync(this.#blockOf(ref, id)), { flag: 'a' });
    return this.#noted(ref);
  }

  async mark(_ref: CountFileRef, _isSealed: boolean, version: string) {
    return version;
  }

  async *list() {}
  async remove() {}

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #write(ref: CountFileRef, bytes: Uint8Array): string {
    writeFileSync(this.#pathOf(ref), bytes);
    return this.#noted(ref);
  }

  #noted(ref: CountFileRef): string {
    const version = String(++this.#writes);
    this.#versions.set(this.#pathOf(ref), version);
    return version;
  }

  #pathOf({ day, partition }: CountFileRef): string {
    return join(this.#folder, `${day}-${partition}`);
  }

  #blockOf(ref: CountFileRef, id: string): string {
    return `${this.#pathOf(ref)}-${id}`;
  }
}

function bytesOf(path: string, start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - start);
  const file = openSync(path, 'r');
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start));
  } finally {
    closeSync(file);
  }
}
