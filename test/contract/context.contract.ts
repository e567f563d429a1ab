import { beforeEach, expect, it } from 'vitest';
import type { ContextFiles } from '../../src/storage/ports/context.ts';

const NAME = 'partial/2026-11-20T09:00:00.0000000Z/3';

/** What every ContextFiles does; two views on one empty store. */
export function contextFilesContract(make: () => Promise<readonly [ContextFiles, ContextFiles]>): void {
  let store: ContextFiles;
  let other: ContextFiles;
  beforeEach(async () => {
    [store, other] = await make();
  });

  const text = (bytes: Uint8Array | null | undefined) => (bytes ? Buffer.from(bytes).toString() : null);
  const names = async () => (await Array.fromAsync(other.names())).flat();

  it('open, read and names where nothing is yet give nothing, and remove ignores it', async () => {
    expect(await store.open(NAME, 10)).toBeNull();
    expect(await store.read(NAME, '"1"', 0, 10)).toBeNull();
    expect(await names()).toEqual([]);
    await store.remove(NAME);
  });

  it('open gives the first bytes and the length of the whole', async () => {
    await store.put(NAME, Buffer.from('0123456789'));
    const found = await other.open(NAME, 4);
    expect([text(found?.bytes), found?.length]).toEqual(['0123', 10]);
    expect(text((await other.open(NAME, 100))?.bytes)).toBe('0123456789');
  });

  it('open of a file without bytes gives none', async () => {
    await store.put(NAME, Buffer.alloc(0));
    expect(await other.open(NAME, 4)).toMatchObject({ length: 0, bytes: Buffer.alloc(0) });
  });

  it('put replaces what was there, and read gives a range of the version alone', async () => {
    await store.put(NAME, Buffer.from('0123456789'));
    const first = (await other.open(NAME, 1))?.version ?? '';
    expect(text(await other.read(NAME, first, 2, 5))).toBe('234');
    await other.put(NAME, Buffer.from('abcdefghij'));
    expect(await store.read(NAME, first, 2, 5)).toBeNull();
    const second = (await store.open(NAME, 1))?.version ?? '';
    expect(text(await store.read(NAME, second, 8, 10))).toBe('ij');
    await store.remove(NAME);
    expect(await store.read(NAME, second, 8, 10)).toBeNull();
  });

  it('read to an end after the file gives what there is', async () => {
    await store.put(NAME, Buffer.from('0123'));
    const version = (await other.open(NAME, 1))?.version ?? '';
    expect(text(await other.read(NAME, version, 2, 9))).toBe('23');
  });

  it('names lists every file in order, and not those that were removed', async () => {
    const all = ['merged/2026-11-20T09:00:00.0000000Z', 'partial/2026-11-20T08:00:00.0000000Z/f', NAME, 'seen/x'];
    for (const name of all.toReversed()) await store.put(name, Buffer.from(name));
    expect(await names()).toEqual(all);
    await other.remove(NAME);
    expect(await names()).toEqual(all.filter((name) => name !== NAME));
  });
}
