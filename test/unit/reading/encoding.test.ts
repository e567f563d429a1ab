import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentKindOf } from '../../../src/reading/content_type.ts';
import { csvInUtf8, utf16Of } from '../../../src/reading/encoding.ts';

async function* inChunks(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

async function read(bytes: Buffer, chunkBytes = 64 * 1024) {
  let times = 0;
  const pieces: Uint8Array[] = [];
  for await (const piece of csvInUtf8(inChunks(bytes, chunkBytes), () => times++)) pieces.push(Buffer.from(piece));
  return { bytes: Buffer.concat(pieces), times };
}

const HEADER = 'Timestamp,ActionType,DeviceName,RemoteIP,InitiatingProcessAccountName\r\n';
/** Windows-1252 differs from Latin-1 in 0x80 to 0x9f; Python's codec is the witness: '€’Šœ'.encode('cp1252') is 80 92 8a 9c. */
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const csv = (...names: string[]) => HEADER + names.map((name) => `2026-11-20,x,wks,203.0.113.7,${name}\r\n`).join('');

describe('csvInUtf8(chunks)', () => {
  it.each<[string, string, string]>([
    ['letters', csv('Jürgen Müller', 'Renée', 'plain', 'ÅSA'), csv('Jürgen Müller', 'Renée', 'plain', 'ÅSA')],
    ['signs of 0x80 to 0x9f', csv('O\x92Brien \x80 5', '\x8akoda \x9cuvre'), csv('O’Brien € 5', 'Škoda œuvre')],
    [
      'a sign between letters in one of eleven rows',
      csv(...Array(10).fill('ü'), 'A\x96B').replaceAll(',ü', ',für'),
      csv(...Array(10).fill('für'), 'A–B'),
    ],
  ])('decodes Windows-1252 with %s, and says so once', async (_, text, expected) => {
    for (const chunkBytes of [1, 100, 1024 * 1024]) {
      const { bytes, times } = await read(latin1(text), chunkBytes);
      expect([bytes.toString(), times]).toEqual([expected, 1]);
    }
  });

  it.each<[string, Buffer]>([
    ['ASCII', Buffer.from(csv('plain', 'text'))],
    ['UTF-8', Buffer.from(csv('Jürgen', 'Renée'))],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${csv('Jürgen', 'Renée')}`)],
    [
      'UTF-8 in one row, broken bytes like letters in two',
      Buffer.concat([latin1(csv('Jürgen', 'Renée')), Buffer.from(csv('Müller'))]),
    ],
    ['a single row with a broken byte', latin1(csv('Jürgen', 'plain', 'text'))],
    ['bytes that no text has, in several rows', latin1(csv('a\xffb', 'c\xffd', 'e\x81f', 'g\x90h'))],
    ['halves of UTF-8 characters between letters', latin1(csv('M\xbcller', 'J\xbcrgen', 'Ren\xa9e'))],
  ])('leaves %s as it is, so that broken bytes become dead letters', async (_, bytes) => {
    for (const chunkBytes of [1, 100, 1024 * 1024]) {
      const found = await read(bytes, chunkBytes);
      expect([found.bytes.equals(bytes), found.times]).toEqual([true, 0]);
    }
  });

  it('decides by the 1 MiB after the first byte that is not ASCII, for the whole file', async () => {
    const ascii = csv(...Array<string>(20_000).fill('plain'));
    const rows = csv(...Array<string>(20_000).fill('Müller'));
    const { bytes, times } = await read(latin1(ascii + rows + csv('a\xffb')));
    expect([bytes.toString(), times]).toEqual([`${ascii}${rows}${csv('aÿb')}`, 1]);
    const utf8 = Buffer.concat([Buffer.from(ascii + rows), latin1(csv('Jürgen', 'Renée'))]);
    const found = await read(utf8);
    expect([found.bytes.equals(utf8), found.times]).toEqual([true, 0]);
  });

  it('never changes UTF-8, whatever it says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 20 }), async (text, chunkBytes) => {
        const bytes = Buffer.from(text);
        expect((await read(bytes, chunkBytes)).bytes.equals(bytes)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('utf16Of(head)', () => {
  const text = '{"Timestamp":"2026-11-20T11:00:00Z"}\r\n';
  const le = Buffer.from(text, 'utf16le');
  const be = Buffer.from(le).swap16();

  it('knows UTF-16 with and without a mark', () => {
    expect(utf16Of(Buffer.concat([Buffer.from('fffe', 'hex'), le]))).toBe('utf-16le');
    expect(utf16Of(Buffer.concat([Buffer.from('feff', 'hex'), be]))).toBe('utf-16be');
    expect(utf16Of(le)).toBe('utf-16le');
    expect(utf16Of(be)).toBe('utf-16be');
    expect([le, be].map((head) => contentKindOf(head))).toEqual(['utf-16', 'utf-16']);
  });

  it('is null for UTF-8, for zeros, and for less than two characters', () => {
    for (const head of [Buffer.from(text), Buffer.alloc(64), le.subarray(0, 2), Buffer.alloc(0)])
      expect(utf16Of(head)).toBeNull();
  });
});
