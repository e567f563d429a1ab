import { beforeEach, describe, expect, it } from 'vitest';
import type { CountFileRef, CountFiles } from '../../src/storage/ports/count_files.ts';
import type { Partition } from '../../src/storage/ports/hourly_counts.ts';
import { all, P3 } from './samples.ts';

const REF: CountFileRef = { partition: P3, day: '2026-11-20' };
const A = 'aa'.repeat(12);
const B = 'bb'.repeat(12);
const C = 'cc'.repeat(12);

/** What every CountFiles does; two views on one empty store. */
export function countFilesContract(make: () => Promise<readonly [CountFiles, CountFiles]>): void {
  let store: CountFiles;
  let other: CountFiles;
  beforeEach(async () => {
    [store, other] = await make();
  });

  const text = async (from = store): Promise<string | null> => {
    const found = await from.open(REF, 1000);
    return found && Buffer.from(found.bytes).toString();
  };
  const bytes = (content: string): Buffer => Buffer.from(content);
  const put = async (content: string, version: string | null = null): Promise<string> => {
    const written = await store.put(REF, bytes(content), version);
    expect(written).not.toBeNull();
    return written as string;
  };
  /** Of one block for each letter: its id, and its content three times. */
  const commit = async (ids: readonly string[], version: string | null, staged = ids, into = store) => {
    for (const id of staged) await into.stage(REF, id, bytes(id.slice(0, 1).repeat(3)));
    return await into.commit(REF, ids, version);
  };

  it('open and read where nothing is yet give null, and a listing is empty', async () => {
    expect(await store.open(REF, 10)).toBeNull();
    expect(await store.read(REF, '"1"', 0, 10)).toBeNull();
    expect(await all(store.list())).toEqual([]);
    await store.remove(REF);
  });

  it('open gives the first bytes, the length of the whole and its version', async () => {
    const version = await put('0123456789');
    const found = await other.open(REF, 4);
    expect(found).toMatchObject({ version, length: 10, isSealed: false });
    expect(Buffer.from(found?.bytes ?? []).toString()).toBe('0123');
    expect(Buffer.from((await store.open(REF, 100))?.bytes ?? []).toString()).toBe('0123456789');
  });

  it('open of a file without bytes gives none', async () => {
    const version = await put('');
    expect(await store.open(REF, 100)).toMatchObject({ version, length: 0, bytes: Buffer.alloc(0) });
  });

  it('read gives a range of the version, and null once there is another', async () => {
    const first = await put('0123456789');
    expect(Buffer.from((await other.read(REF, first, 2, 5)) ?? []).toString()).toBe('234');
    const second = await put('abcdefghij', first);
    expect(await other.read(REF, first, 2, 5)).toBeNull();
    expect(Buffer.from((await other.read(REF, second, 2, 5)) ?? []).toString()).toBe('cde');
    await store.remove(REF);
    expect(await other.read(REF, second, 2, 5)).toBeNull();
  });

  describe.each(['put', 'commit'] as const)('%s', (name) => {
    const write = async (content: string, version: string | null, into = store) =>
      name === 'put'
        ? await into.put(REF, bytes(content), version)
        : await commit([content === 'aaa' ? A : B], version, undefined, into);

    it('as new writes a file once', async () => {
      expect(await write('aaa', null)).not.toBeNull();
      expect(await write('bbb', null, other)).toBeNull();
      expect(await text()).toBe('aaa');
    });

    it('replaces the version that it names, and no other', async () => {
      const first = await write('aaa', null);
      const second = await write('bbb', first, other);
      expect(second).not.toBe(first);
      expect(await write('aaa', first)).toBeNull();
      expect(await text()).toBe('bbb');
    });

    it('of the same bytes is another version', async () => {
      const first = await write('aaa', null);
      expect(await write('aaa', first)).not.toBe(first);
    });

    it('does not bring back a file that was removed', async () => {
      const first = await write('aaa', null);
      await other.remove(REF);
      expect(await write('bbb', first)).toBeNull();
      expect(await text()).toBeNull();
    });

    it('removes the mark of a sealed day', async () => {
      const first = await write('aaa', null);
      const marked = await store.mark(REF, true, first as string);
      await write('bbb', marked);
      expect((await store.open(REF, 1))?.isSealed).toBe(false);
    });
  });

  describe('commit', () => {
    it('keeps blocks of the file, in the order that it names', async () => {
      const first = await commit([A, B], null);
      expect(await text()).toBe('aaabbb');
      const second = await commit([C, B], first, [C], other);
      expect(await text()).toBe('cccbbb');
      expect(await commit([B], second, [])).not.toBeNull();
      expect(await text()).toBe('bbb');
    });

    it('shows nothing of what is staged before', async () => {
      await store.stage(REF, A, bytes('aaa'));
      expect(await text()).toBeNull();
      const first = await commit([A], null, []);
      await store.stage(REF, B, bytes('bbb'));
      expect(await text()).toBe('aaa');
      expect(await commit([A, B], first, [])).not.toBeNull();
      expect(await text()).toBe('aaabbb');
    });

    it('changes nothing where a block is gone that another commit dropped', async () => {
      const first = await commit([A], null);
      await store.stage(REF, B, bytes('bbb'));
      const second = await commit([A, C], first, [C], other);
      expect(await commit([A, B], first, [])).toBeNull();
      expect(await commit([A, B], second, [])).toBeNull();
      expect(await text()).toBe('aaaccc');
    });

    it('changes nothing where it names a block of a file that was put in one piece since', async () => {
      const first = await commit([A], null);
      const second = await put('xyz', first);
      expect(await commit([A], second, [])).toBeNull();
      expect(await text()).toBe('xyz');
    });
  });

  describe('mark', () => {
    it('sets and removes the mark under the version, and keeps bytes and blocks', async () => {
      const first = (await commit([A, B], null)) as string;
      const second = (await store.mark(REF, true, first)) as string;
      expect(second).not.toBe(first);
      expect(await other.open(REF, 1000)).toMatchObject({ version: second, isSealed: true, bytes: bytes('aaabbb') });
      const third = (await store.mark(REF, false, second)) as string;
      expect((await other.open(REF, 1))?.isSealed).toBe(false);
      expect(await commit([B, A], third, [])).not.toBeNull();
      expect(await text()).toBe('bbbaaa');
    });

    it('changes nothing under another version, and of a file that is gone', async () => {
      const first = await put('aaa');
      const second = await put('bbb', first);
      expect(await store.mark(REF, true, first)).toBeNull();
      expect((await store.open(REF, 1))?.isSealed).toBe(false);
      await store.remove(REF);
      expect(await store.mark(REF, true, second)).toBeNull();
    });
  });

  it('list gives every file by day and partition, as open finds it', async () => {
    const refs = [
      { partition: 'f' as Partition, day: '2026-11-19' },
      { partition: P3, day: '2026-11-20' },
      { partition: 'a' as Partition, day: '2026-11-20' },
    ];
    for (const ref of refs.toReversed()) await store.put(ref, bytes(ref.partition), null);
    const first = await store.open(refs[1] as CountFileRef, 1);
    await store.mark(refs[1] as CountFileRef, true, first?.version ?? '');
    const listed = (await Array.fromAsync(other.list())).flat();
    expect(listed.map(({ partition, day }) => ({ partition, day }))).toEqual(refs);
    for (const { version, length, isSealed, ...ref } of listed) {
      expect(await store.open(ref, 10)).toMatchObject({ version, length, isSealed });
    }
    expect(listed.map(({ isSealed }) => isSealed)).toEqual([false, true, false]);
  });
}
