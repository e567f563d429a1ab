import type { Buffer } from 'node:buffer';

/** A power of two. With names of at most 1,024 characters it takes at most some 8 MB. */
const SLOTS = 8192;
/** A longer text is none that repeats. */
const MAX_LENGTH = 1024;

/**
 * Texts of ASCII that lines repeat: the same bytes give the same string, so that no new one is made, and a map that has it as
 * its key compares no characters. Each slot keeps the last text with its hash.
 */
export class RepeatedTexts {
  readonly #slots: (string | null)[] = Array.from({ length: SLOTS }, () => null);

  /** The text of the bytes `[start, end)`, all of them ASCII. */
  of(bytes: Buffer, start: number, end: number): string {
    if (end - start > MAX_LENGTH) return bytes.toString('latin1', start, end);
    let hash = end - start;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    const slot = (hash ^ (hash >>> 13)) & (SLOTS - 1);
    const known = this.#slots[slot];
    if (known != null && isSame(known, bytes, start, end)) return known;
    const text = bytes.toString('latin1', start, end);
    this.#slots[slot] = text;
    return text;
  }
}

function isSame(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let n = 0; n < text.length; n++) if (text.charCodeAt(n) !== bytes[start + n]) return false;
  return true;
}
