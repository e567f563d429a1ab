import { beforeEach, describe, expect, it } from 'vitest';
import type { ExportInfo, ExportRef, ExportStore } from '../../src/storage/ports/exports.ts';
import { all } from './samples.ts';

/** An exporter and who reads what it writes. */
export interface ExportsUnderTest {
  readonly store: ExportStore;
  createContainer(container: string): Promise<void>;
  append(ref: ExportRef, bytes: Uint8Array | string): Promise<void>;
  replace(ref: ExportRef, bytes: Uint8Array | string): Promise<void>;
  remove(ref: ExportRef): Promise<void>;
}

const NAMES = [
  'WorkspaceResourceId=/subscriptions/x/y=2026/PT05M.json',
  'tenantId=11111111-2222-3333-4444-555555555555/y=2026/m=11/d=20/h=08/m=00/PT1H.json',
  '100% #1?.json',
  'it\'s <b>&amp;"quoted"',
  'a//b/ c+d',
  '日本語/\u{1f600}.json',
];

/** What every ExportStore does. */
export function exportsContract(make: () => Promise<ExportsUnderTest>): void {
  let under: ExportsUnderTest;
  let store: ExportStore;
  const ref = { container: 'exports', name: 'y=2026/m=11/PT1H.json' };
  beforeEach(async () => {
    under = await make();
    store = under.store;
  });

  const list = async (container: string): Promise<ExportInfo[]> => {
    const found = await store.list(container);
    if (found === 'missing') throw new Error('missing');
    return all(found);
  };
  const read = async (start: number, end: number, of = ref): Promise<string> => {
    const pieces = await all(store.read(of, start, end));
    expect(pieces.every((piece) => piece.length > 0)).toBe(true);
    return Buffer.concat(pieces).toString('latin1');
  };

  describe('list', () => {
    it("of a container that is not there is 'missing'", async () => {
      expect(await store.list('exports')).toBe('missing');
    });

    it('of an empty container is empty', async () => {
      await under.createContainer('exports');
      expect(await list('exports')).toEqual([]);
    });

    it('gives the exports of one container in order of name, with what info says of each', async () => {
      for (const name of NAMES) await under.append({ container: 'exports', name }, name);
      await under.append({ container: 'others', name: 'x' }, '');
      const infos = await list('exports');
      expect(infos.map((info) => info.name)).toEqual(NAMES.toSorted());
      for (const info of infos) {
        expect(info.length).toBe(Buffer.byteLength(info.name));
        expect(await store.info(info)).toEqual(info);
        expect(await read(0, 1e6, info)).toBe(Buffer.from(info.name).toString('latin1'));
      }
    });
  });

  describe('info', () => {
    it('is null where there is no export, or no container', async () => {
      expect(await store.info(ref)).toBeNull();
      await under.createContainer('exports');
      expect(await store.info(ref)).toBeNull();
    });

    it('follows an export that grows, is replaced and goes', async () => {
      const start = Date.now();
      await under.append(ref, 'one\n');
      await under.append(ref, 'two\n');
      const info = await store.info(ref);
      expect(info).toMatchObject({ ...ref, length: 8 });
      // Whole seconds, by the clock of the service.
      expect(info?.created).toBeGreaterThan(start - 5_000);
      expect(info?.lastModified).toBeGreaterThanOrEqual(info?.created ?? Number.NaN);
      expect(info?.lastModified).toBeLessThan(Date.now() + 5_000);
      await under.replace(ref, 'x');
      expect(await store.info(ref)).toMatchObject({ length: 1 });
      await under.remove(ref);
      expect(await store.info(ref)).toBeNull();
    });
  });

  describe('read', () => {
    it('gives the bytes from start to before end', async () => {
      await under.append(ref, 'hello ');
      await under.append(ref, 'world\n');
      expect(await read(0, 12)).toBe('hello world\n');
      expect(await read(6, 11)).toBe('world');
      expect(await read(3, 4)).toBe('l');
      expect(await read(4, 4)).toBe('');
    });

    it('gives what there is where the export ends earlier', async () => {
      await under.append(ref, 'hello');
      expect(await read(3, 100)).toBe('lo');
      expect(await read(5, 100)).toBe('');
      expect(await read(6, 100)).toBe('');
    });

    it('of an empty export gives nothing', async () => {
      await under.append(ref, '');
      expect(await read(0, 100)).toBe('');
    });

    it('throws where the export is gone', async () => {
      await expect(read(0, 5)).rejects.toThrow();
      await under.createContainer('exports');
      await expect(read(0, 5)).rejects.toThrow();
    });

    it('gives some megabytes as they are, in pieces that are not all of it', async () => {
      const bytes = Buffer.alloc(3 * 1024 * 1024 + 17);
      for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 31 + (at >> 9)) & 0xff;
      await under.append(ref, bytes.subarray(0, 2_000_000));
      await under.append(ref, bytes.subarray(2_000_000));
      const pieces = await all(store.read(ref, 1, bytes.length));
      expect(Buffer.concat(pieces).equals(bytes.subarray(1))).toBe(true);
      expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(bytes.length / 2);
    });

    it('may be left under way', async () => {
      await under.append(ref, Buffer.alloc(1024 * 1024, 'x'));
      for await (const piece of store.read(ref, 0, 1024 * 1024)) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
      expect(await read(0, 3)).toBe('xxx');
    });
  });
}
