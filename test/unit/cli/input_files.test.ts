import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { contentsOf } from '../../../src/cli/input_files.ts';
import { zipOf } from '../../support/containers/zip.ts';

const folder = mkdtempSync(join(tmpdir(), 'beaconwatch-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Longer than one read, and without repetition. */
const CONTENT = Buffer.from(Array.from({ length: 100_000 }, (_, line) => `line ${line}\n`).join(''));

function written(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The only content of a file. */
async function* read(file: { path: string; bytes: number }, onRead: (bytes: number) => void) {
  for await (const content of contentsOf(file, onRead)) {
    if (!('chunks' in content)) throw new Error(JSON.stringify(content));
    expect(content.name).toBe(file.path);
    yield* content.chunks;
  }
}

/** All pieces as one buffer, each copied before the next is requested. */
async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const piece of pieces) copies.push(Buffer.from(piece));
  return Buffer.concat(copies);
}

describe('contentsOf(file, onRead)', () => {
  it('yields the bytes of a file, and reports those read from disk', async () => {
    const path = written('plain.json', CONTENT);
    let bytes = 0;
    const content = await joined(read({ path, bytes: 0 }, (more) => (bytes += more)));
    expect(content.equals(CONTENT)).toBe(true);
    expect(bytes).toBe(CONTENT.length);
  });

  it.each([0, 1, 2])('yields the bytes of a file of %i', async (length) => {
    const path = written('short.json', CONTENT.subarray(0, length));
    expect(await joined(read({ path, bytes: 0 }, () => {}))).toEqual(CONTENT.subarray(0, length));
  });

  it('unpacks gzip, whatever the name', async () => {
    const packed = gzipSync(CONTENT);
    const path = written('packed.json', packed);
    let bytes = 0;
    const content = await joined(read({ path, bytes: 0 }, (more) => (bytes += more)));
    expect(content.equals(CONTENT)).toBe(true);
    expect(bytes).toBe(packed.length);
  });

  it('yields the members of a zip archive, and reports their packed bytes', async () => {
    const path = written(
      'packed.csv',
      zipOf([
        { name: 'a.json', content: CONTENT },
        { name: 'folder/', content: '' },
        { name: 'folder/b.json', content: 'b', method: 0 },
        { name: '__MACOSX/._a.json', content: 'x' },
      ]),
    );
    const found: unknown[] = [];
    let bytes = 0;
    for await (const content of contentsOf({ path, bytes: 0 }, (more) => (bytes += more))) {
      found.push([content.name, 'chunks' in content ? (await joined(content.chunks)).length : content]);
    }
    expect(found).toEqual([
      [`${path} › a.json`, CONTENT.length],
      [`${path} › folder/b.json`, 1],
      [`${path} › __MACOSX/._a.json`, { name: `${path} › __MACOSX/._a.json`, skipped: true }],
    ]);
    expect(bytes).toBeGreaterThan(CONTENT.length / 20);
  });

  it('throws the error of the system for a missing file', async () => {
    const reading = async () => joined(read({ path: join(folder, 'gone'), bytes: 0 }, () => {}));
    await expect(reading()).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
