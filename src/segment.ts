import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { MAX_LINE_BYTES } from './lines.ts';
import type { ExportInfo, ExportRef, ExportStore } from './ports.ts';

/** Bytes that a segment has at most, unless one line alone is longer. */
export const SEGMENT_BYTES = 64 * 1024 * 1024;
/** What the hash of a tail covers. */
const TAIL_BYTES = 1024;
/** What is read at once in search of a newline. */
const SEARCH_BYTES = 256 * 1024;
/** An export that has not grown for so long will not finish its last line any more. */
const TAIL_PATIENCE_MS = 24 * 3_600_000;
const NEWLINE = 10;

/**
 * Where the segment that begins at `start` ends: behind the last whole line within `segmentBytes`; null where no whole
 * line is there yet. What follows the last newline at the very end is a line when it is a whole JSON value (an append
 * is atomic), or when the export has not changed for a day; before that it may still be on its way.
 */
export async function segmentEnd(
  store: ExportStore,
  info: ExportInfo,
  start: number,
  now: number,
  segmentBytes = SEGMENT_BYTES,
): Promise<number | null> {
  const limit = Math.min(info.length, start + segmentBytes);
  if (limit <= start) return null;
  const lastLine = await lastNewline(store, info, start, limit);
  if (limit < info.length)
    return lastLine ?? (await nextNewline(store, info, limit)) ?? tailEnd(store, info, start, now);
  // The newest bytes: whatever stands behind the last newline is looked at now, with the lines before it or alone.
  return (await tailEnd(store, info, lastLine ?? start, now)) ?? lastLine;
}

/** The end of the export, where what stands between `from` and it is a line; null where it is not, or nothing is there. */
async function tailEnd(store: ExportStore, info: ExportInfo, from: number, now: number): Promise<number | null> {
  if (from === info.length) return null;
  if (now - info.lastModified > TAIL_PATIENCE_MS) return info.length;
  if (info.length - from > MAX_LINE_BYTES) return null;
  return isJson(await bytesOf(store, info, from, info.length)) ? info.length : null;
}

function isJson(bytes: Buffer): boolean {
  const text = bytes.toString('utf8').trim();
  if (!/^[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Behind the last newline within `[start, limit)`, searched from the end. */
async function lastNewline(store: ExportStore, ref: ExportRef, start: number, limit: number): Promise<number | null> {
  for (let end = limit; end > start; end -= SEARCH_BYTES) {
    const from = Math.max(start, end - SEARCH_BYTES);
    const at = (await bytesOf(store, ref, from, end)).lastIndexOf(NEWLINE);
    if (at !== -1) return from + at + 1;
  }
  return null;
}

/** Behind the first newline at or after `from`. */
async function nextNewline(store: ExportStore, info: ExportInfo, from: number): Promise<number | null> {
  let offset = from;
  for await (const piece of store.read(info, from, info.length)) {
    const at = piece.indexOf(NEWLINE);
    if (at !== -1) return offset + at + 1;
    offset += piece.length;
  }
  return null;
}

/** SHA-256, hex, of the last ≤ 1 KiB before `end`: by it a replaced export is known. */
export async function tailOf(store: ExportStore, ref: ExportRef, end: number): Promise<string> {
  const bytes = await bytesOf(store, ref, Math.max(0, end - TAIL_BYTES), end);
  return createHash('sha256').update(bytes).digest('hex');
}

async function bytesOf(store: ExportStore, ref: ExportRef, start: number, end: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.read(ref, start, end)) pieces.push(piece);
  return Buffer.concat(pieces);
}
