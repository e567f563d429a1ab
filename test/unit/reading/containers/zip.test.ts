import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readContents } from '../../../support/containers/contents.ts';
import { zipOf } from '../../../support/containers/zip.ts';

const TEXT = 'some line\n'.repeat(100);
const member = (name: string, content: string | Buffer = TEXT) => ({ name, content });

describe('unpacked(zip)', () => {
  it('yields every member under its name, stored or deflated, and gzip unpacked', async () => {
    const zip = zipOf([
      member('a.json'),
      { ...member('folder/b.json', 'stored'), method: 0 },
      member('folder/', ''),
      member('c.json.gz', gzipSync(TEXT)),
      member('empty.json', ''),
    ]);
    for (const chunkBytes of [100, 1024 * 1024]) {
      expect(await readContents(zip, chunkBytes)).toEqual({
        'file › a.json': TEXT,
        'file › folder/b.json': 'stored',
        'file › c.json.gz': TEXT,
        'file › empty.json': '',
      });
    }
  });

  it('skips names that begin with _ or ., and reads those that lead out of the archive: nothing is written', async () => {
    const zip = zipOf([member('__MACOSX/a.json'), member('x/.hidden'), member('../../a.json'), member('./b.json')]);
    expect(await readContents(zip)).toEqual({
      'file › __MACOSX/a.json': 'skipped',
      'file › x/.hidden': 'skipped',
      'file › ../../a.json': TEXT,
      'file › ./b.json': TEXT,
    });
  });

  it('refuses by name what is encrypted, packed in another way, or an archive; the others are read', async () => {
    const zip = zipOf([
      { ...member('secret.csv'), encrypted: true },
      { ...member('lzma.csv'), method: 14 },
      member('inner.zip', zipOf([member('a.json')])),
      member('inner.7z', Buffer.from('377abcaf271c0004', 'hex')),
      member('zip.gz', gzipSync(zipOf([member('a.json')]))),
      member('a.json'),
    ]);
    expect(await readContents(zip)).toEqual({
      'file › secret.csv': {
        refused: 'it is encrypted, which is not read; unpack it with its password: 7z x FILE',
      },
      'file › lzma.csv': { refused: 'it is packed with method 14, which is not read; unpack it: 7z x FILE' },
      'file › inner.zip': { refused: 'it is zip within zip, which is not read; unpack it first' },
      'file › inner.7z': { refused: 'it is a 7z archive, which is not read; unpack it: 7z x FILE' },
      'file › zip.gz': { refused: 'it is zip within gzip, which is not read; unpack it first' },
      'file › a.json': TEXT,
    });
  });

  it.each<[string, Buffer, RegExp]>([
    ['has no member', zipOf([]), /holds no file/],
    ['has folders only', zipOf([member('a/', '')]), /holds no file/],
    [
      'has 10,001 members',
      zipOf(Array.from({ length: 10_001 }, (_, n) => member(`${n}`, ''))),
      /more than 10,000 members/,
    ],
    [
      'has members that share their bytes',
      zipOf([
        { ...member('a'), method: 0 },
        ...Array.from({ length: 20 }, (_, n) => ({ ...member(`b${n}`), method: 0, sharesWith: 0 })),
      ]),
      /overlap, as in a zip bomb/,
    ],
    [
      'declares more than 64 GiB',
      zipOf(Array.from({ length: 17 }, (_, n) => ({ ...member(`${n}`), size: 2 ** 32 - 2 }))),
      /unpacks to more than 64 GiB/,
    ],
    [
      'is a workbook',
      zipOf([member('mimetype'), member('xl/workbook.xml')]),
      /Excel workbook \(xlsx\), which is not read; save/,
    ],
  ])('refuses an archive that %s, before it reads anything', async (_, zip, message) => {
    expect(await readContents(zip)).toEqual({ file: { refused: expect.stringMatching(message) } });
  });

  it('throws where the archive is cut off', async () => {
    const error = expect.stringMatching(/^zip archive that is damaged or cut off \(.+\); copy the file again$/);
    expect(await readContents(zipOf([member('a')]).subarray(0, -30))).toEqual({ error });
  });

  it.each([
    ['a wrong checksum', { checksum: 1 }],
    ['more content than declared', { size: 10 }],
    ['less content than declared', { size: TEXT.length + 1 }],
  ])('names a member with %s as damaged, and reads the next one', async (_, wrong) => {
    const found = await readContents(zipOf([{ ...member('bad'), ...wrong }, member('good')]));
    expect(found).toMatchObject({
      'file › bad': { error: expect.stringMatching(/damaged or cut off/) },
      'file › good': TEXT,
    });
  });
});
