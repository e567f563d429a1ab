import { compareText } from '../../src/core/text/compare_text.ts';
import type { CountFileEntry, CountFileRef, CountFileStart, CountFiles } from '../../src/storage/ports/count_files.ts';

interface Stored {
  readonly ref: CountFileRef;
  readonly version: string;
  readonly bytes: Buffer;
  readonly isSealed: boolean;
  /** The committed blocks. */
  readonly blocks: ReadonlyMap<string, Buffer>;
}

/** Block blobs as the service keeps them: a commit drops the staged blocks of everybody. */
export class MemoryCountFiles implements CountFiles {
  readonly #files = new Map<string, Stored>();
  readonly #staged = new Map<string, Map<string, Buffer>>();
  #writes = 0;

  async open(ref: CountFileRef, most: number): Promise<CountFileStart | null> {
    const found = this.#files.get(keyOf(ref));
    if (!found) return null;
    const { version, isSealed, bytes } = found;
    return { version, isSealed, length: bytes.length, bytes: Buffer.from(bytes.subarray(0, most)) };
  }

  async read(ref: CountFileRef, version: string, start: number, end: number): Promise<Uint8Array | null> {
    const found = this.#files.get(keyOf(ref));
    return found?.version === version ? Buffer.from(found.bytes.subarray(start, end)) : null;
  }

  async put(ref: CountFileRef, bytes: Uint8Array, version: string | null): Promise<string | null> {
    return this.#write(ref, version, () => ({ bytes: Buffer.from(bytes), isSealed: false, blocks: new Map() }));
  }

  async stage(ref: CountFileRef, id: string, bytes: Uint8Array): Promise<void> {
    const staged = this.#staged.get(keyOf(ref)) ?? new Map<string, Buffer>();
    this.#staged.set(keyOf(ref), staged.set(id, Buffer.from(bytes)));
  }

  async commit(ref: CountFileRef, ids: readonly string[], version: string | null): Promise<string | null> {
    const known = new Map([...(this.#files.get(keyOf(ref))?.blocks ?? []), ...(this.#staged.get(keyOf(ref)) ?? [])]);
    const blocks = new Map(ids.map((id) => [id, known.get(id)] as const));
    if ([...blocks.values()].includes(undefined)) return null;
    const bytes = Buffer.concat(ids.map((id) => blocks.get(id) as Buffer));
    return this.#write(ref, version, () => ({ bytes, isSealed: false, blocks: blocks as Map<string, Buffer> }));
  }

  async mark(ref: CountFileRef, isSealed: boolean, version: string): Promise<string | null> {
    return this.#write(ref, version, (before) => (before ? { ...before, isSealed } : null));
  }

  async *list(): AsyncGenerator<readonly CountFileEntry[]> {
    const files = [...this.#files.entries()].sort(([a], [b]) => compareText(a, b)).map(([, file]) => file);
    const page = files.map(({ ref, version, bytes, isSealed }) => ({
      ...ref,
      version,
      length: bytes.length,
      isSealed,
    }));
    if (page.length > 0) yield page;
  }

  async remove(ref: CountFileRef): Promise<void> {
    this.#files.delete(keyOf(ref));
  }

  #write(
    ref: CountFileRef,
    version: string | null,
    change: (before: Stored | undefined) => Omit<Stored, 'ref' | 'version'> | null,
  ): string | null {
    const before = this.#files.get(keyOf(ref));
    const after = (before?.version ?? null) === version ? change(before) : null;
    if (after === null) return null;
    const next = `"${++this.#writes}"`;
    this.#files.set(keyOf(ref), { ref: { partition: ref.partition, day: ref.day }, ...after, version: next });
    // As the service: whatever was staged and not committed is gone.
    if (before?.bytes !== after.bytes) this.#staged.delete(keyOf(ref));
    return next;
  }
}

function keyOf({ day, partition }: CountFileRef): string {
  return `${day}/${partition}`;
}
