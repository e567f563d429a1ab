import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readContents } from '../../../support/containers/contents.ts';

const [A, B] = ['first line\n'.repeat(40), 'second line\n'.repeat(50)];
const [a, b] = [gzipSync(A), gzipSync(B)];

/** A header with every optional field (RFC 1952, section 2.3): FHCRC, FEXTRA, FNAME and FCOMMENT. */
function withAllFields(packed: Buffer): Buffer {
  const header = Buffer.from(packed.subarray(0, 10));
  header[3] = 2 | 4 | 8 | 16;
  return Buffer.concat([header, Buffer.from('\x03\x00abcname\0comment\0xx', 'latin1'), packed.subarray(10)]);
}

describe.each([1, 7, 1024 * 1024])('unpacked(gzip) in chunks of %i', (chunkBytes) => {
  it.each<[string, Buffer, string]>([
    ['one member', a, A],
    ['several members', Buffer.concat([a, b, a]), A + B + A],
    ['zero bytes after the last member', Buffer.concat([a, Buffer.alloc(700)]), A],
    ['zero bytes between members', Buffer.concat([a, Buffer.alloc(700), b]), A + B],
    ['a header with all fields', Buffer.concat([withAllFields(a), b]), A + B],
    ['an empty member', Buffer.concat([gzipSync(''), b]), B],
  ])('is the content of %s', async (_, bytes, text) => {
    expect(await readContents(bytes, chunkBytes)).toEqual({ file: text });
  });

  it.each<[string, Buffer, string, RegExp]>([
    [
      'other bytes after the end',
      Buffer.concat([a, Buffer.from('other bytes'), b]),
      A,
      /^the bytes after the end of the gzip data \(byte \d+\) are no gzip/,
    ],
    ['the last member is cut off', Buffer.concat([a, b.subarray(0, -12)]), A, /^gzip that is cut off after byte \d+/],
    ['the trailer is cut off', Buffer.concat([a, b.subarray(0, -3)]), A + B, /^gzip that is cut off after byte \d+/],
    [
      'the checksum is wrong',
      Buffer.concat([a, b.subarray(0, -8), Buffer.alloc(8, 1)]),
      A + B,
      /^gzip that is damaged .*checksum/,
    ],
    [
      'the compression is unknown',
      Buffer.concat([a, Buffer.from('1f8b0700000000000000', 'hex')]),
      A,
      /^gzip that is damaged .*compression 7/,
    ],
  ])('keeps what is before the place where %s', async (_, bytes, before, message) => {
    const { file } = await readContents(bytes, chunkBytes);
    expect(file).toMatchObject({ error: expect.stringMatching(message) });
    const { text } = file as { text: string };
    expect(text.startsWith(before) && (A + B).startsWith(text)).toBe(true);
  });
});

describe('unpacked(gzip)', () => {
  it('refuses gzip within gzip, by name', async () => {
    expect(await readContents(gzipSync(a))).toEqual({
      file: { refused: 'it is gzip within gzip, which is not read; unpack it first' },
    });
  });

  it('refuses a tar archive within gzip, by name', async () => {
    const tar = Buffer.alloc(1024);
    tar.write('export.json');
    tar.write('ustar\0', 257);
    expect(await readContents(gzipSync(tar))).toEqual({
      file: { refused: 'it is a tar archive, which is not read; unpack it: tar -xf FILE' },
    });
  });
});
