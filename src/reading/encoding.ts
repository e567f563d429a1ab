import { Buffer, isAscii, isUtf8 } from 'node:buffer';

/** The encoding of UTF-16 text, as TextDecoder names it. */
export type Utf16 = 'utf-16le' | 'utf-16be';

/** Text without a byte order mark is recognised by its first characters: ASCII, as every header and every JSON begins. */
const MARKLESS_BYTES = 32;

/** null where the text is not UTF-16. Without a mark, every second byte of its begin is zero. */
export function utf16Of(head: Uint8Array): Utf16 | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const bytes = head.subarray(0, Math.min(head.length - (head.length % 2), MARKLESS_BYTES));
  if (bytes.length < 4) return null;
  const isZeroAt = (parity: number) => bytes.every((byte, at) => (byte === 0) === (at % 2 === parity));
  if (isZeroAt(1)) return 'utf-16le';
  return isZeroAt(0) ? 'utf-16be' : null;
}

/** The text in UTF-8. Half a surrogate pair becomes U+FFFD. */
export async function* utf16InUtf8(chunks: AsyncIterable<Uint8Array>, encoding: Utf16): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}

/** Bytes from the first one that is not ASCII on, by which the encoding of a CSV is decided. */
const DECIDING_BYTES = 1024 * 1024;

/**
 * A CSV in UTF-8: unchanged, or decoded from Windows-1252 as a whole. Up to its first byte that is not ASCII both are the
 * same; the 1 MiB after it decides. `onWindows1252` is called at most once. Memory is that 1 MiB and a chunk.
 */
export async function* csvInUtf8(
  chunks: AsyncIterable<Uint8Array>,
  onWindows1252: () => void,
): AsyncGenerator<Uint8Array> {
  let held: Buffer = NO_BYTES;
  let decode: Decode | null = null;
  try {
    for await (const chunk of chunks) {
      if (decode !== null) {
        yield decode(chunk);
      } else if (held.length === 0 && isAscii(chunk)) {
        yield chunk;
      } else {
        // A copy: the chunk may be a window on memory that its owner fills again.
        held = Buffer.concat([held, chunk]);
        if (held.length < DECIDING_BYTES) continue;
        decode = decoderOf(held, onWindows1252);
        yield decode(held);
        held = NO_BYTES;
      }
    }
  } catch (error) {
    if (held.length > 0) yield decoderOf(held, onWindows1252)(held);
    throw error;
  }
  if (held.length > 0) yield decoderOf(held, onWindows1252)(held);
}

type Decode = (bytes: Uint8Array) => Uint8Array;

function decoderOf(bytes: Buffer, onWindows1252: () => void): Decode {
  if (!isWindows1252(bytes)) return (utf8) => utf8;
  onWindows1252();
  return windows1252InUtf8;
}

const NO_BYTES = Buffer.alloc(0);
const NEWLINE = 0x0a;
/** Rows with such bytes: a single one is more likely a broken byte than an encoding. */
const MIN_ROWS = 2;

/**
 * Whether the text is Windows-1252: at least two rows have characters of it where such characters stand in words, at most
 * one in ten of these rows has others, and no row has a character of UTF-8 beyond ASCII. So a few broken bytes in UTF-8 are
 * no reason: other rows are UTF-8, or the bytes do not stand as letters do.
 */
function isWindows1252(bytes: Buffer): boolean {
  let plausible = 0;
  let others = 0;
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    // The last row may be cut within a character.
    if (newline === -1 && bytes.length >= DECIDING_BYTES) break;
    const row = bytes.subarray(start, newline === -1 ? bytes.length : newline);
    start += row.length + 1;
    if (isAscii(row)) continue;
    if (isUtf8(row)) return false;
    if (isPlausible(row)) plausible++;
    else others++;
  }
  return plausible >= MIN_ROWS && others * 10 <= plausible;
}

/** A character of two to four bytes in UTF-8, read as Latin-1. */
const UTF8_CHARACTER = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/;
/** The letters of Windows-1252 beyond ASCII, as they stand in Latin-1; without ÿ, which is 0xff. */
const LETTER = '\\xc0-\\xd6\\xd8-\\xf6\\xf8-\\xfe\\x8a\\x8c\\x8e\\x9a\\x9c\\x9e\\x9f';
/** A letter beside a letter; a sign that is not between two letters, other than an apostrophe. */
const IN_WORDS = new RegExp(
  `(?<=[a-zA-Z${LETTER}])[${LETTER}]|[${LETTER}](?=[a-zA-Z${LETTER}])|\\x92|` +
    '(?<![a-zA-Z])[\\x80\\x82-\\x89\\x8b\\x91-\\x99\\x9b\\xa0-\\xbf]|[\\x80\\x82-\\x89\\x8b\\x91-\\x99\\x9b\\xa0-\\xbf](?![a-zA-Z])',
  'g',
);

function isPlausible(row: Buffer): boolean {
  const text = row.toString('latin1');
  return !UTF8_CHARACTER.test(text) && isAscii(Buffer.from(text.replaceAll(IN_WORDS, ''), 'latin1'));
}

/**
 * The characters of 0x80 to 0x9f; the five that Windows-1252 leaves free stay what they are. (WHATWG Encoding Standard,
 * index windows-1252. Some versions of Node decode them as Latin-1.)
 */
const OF_0X80 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

function windows1252InUtf8(bytes: Uint8Array): Buffer {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return Buffer.from(latin1.replaceAll(/[\x80-\x9f]/g, (character) => OF_0X80[character.charCodeAt(0) - 0x80] ?? ''));
}
