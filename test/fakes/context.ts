import { compareText } from '../../src/core/text/compare_text.ts';
import type { ContextFileStart, ContextFiles } from '../../src/storage/ports/context.ts';

export class MemoryContextFiles implements ContextFiles {
  readonly #files = new Map<string, { readonly version: string; readonly bytes: Buffer }>();
  #writes = 0;

  async open(name: string, most: number): Promise<ContextFileStart | null> {
    const found = this.#files.get(name);
    if (found === undefined) return null;
    const { version, bytes } = found;
    return { version, length: bytes.length, bytes: Buffer.from(bytes.subarray(0, most)) };
  }

  async read(name: string, version: string, start: number, end: number): Promise<Uint8Array | null> {
    const found = this.#files.get(name);
    return found?.version === version ? Buffer.from(found.bytes.subarray(start, end)) : null;
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    this.#files.set(name, { version: `"${++this.#writes}"`, bytes: Buffer.from(bytes) });
  }

  async *names(): AsyncGenerator<readonly string[]> {
    const names = [...this.#files.keys()].sort(compareText);
    if (names.length > 0) yield names;
  }

  async remove(name: string): Promise<void> {
    this.#files.delete(name);
  }
}
