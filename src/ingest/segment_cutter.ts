import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { isRaw, type Source } from '../core/records/report.ts';
import { MAX_LINE_BYTES } from '../reading/line_reader.ts';
import type { ExportInfo, ExportRef, ExportStore } from '../storage/ports/exports.ts';

/** Bytes that a segment has at most, unless one line alone is longer. */
export const SEGMENT_BYTES = 64 * 1024 * 1024;
/**
 * Bytes of a segment where only reports are read, of which memory holds the same for any size. Where a segment ends every
 * partition sends a hundred that is not full, so that small segments cost requests.
 */
const REPORT_SEGMENT_BYTES = 256 * 1024 * 1024;
/** An export without a newline in so many bytes from its start holds no lines. */
const HEAD_BYTES = 64 * 1024 * 1024;
/** What the hash of a tail covers. */
const TAIL_BYTES = 1024;
/** What is read at once in search of a newline. */
const SEARCH_BYTES = 256 * 1024;
/** An export that has not grown for so long will not finish its last line any more. */
const TAIL_PATIENCE_MS = 24 * 3_600_000;
const NEWLINE = 10;

/** Where a segment ends, and the tail before that end, of one reading: both speak of the same content. */
export interface Cut {
  readonly end: number;
  readonly tail: string;
}

export interface CutOptions {
  readonly segmentBytes?: number | undefined;
  /** Up to here there is no newline behind `start`: somebody has looked. */
  readonly searched?: number;
}

/** Of raw events a number is held for each line of a segment, so that those are shorter. */
export function segmentBytesOf(sources: readonly Source[]): number {
  return sources.some(isRaw) ? SEGMENT_BYTES : REPORT_SEGMENT_BYTES;
}

/**
 * Cuts the segment that begins at `start`: behind the last whole line within `segmentBytes`; null where no whole line is
 * there yet, 'no-lines' where none will be. What follows the last newline at the very end is a line when it is a whole
 * JSON value (an append is atomic), or when the export has not changed for a day; until then it may still be on its way.
 */
export async function cutSegment(
  store: ExportStore,
  info: ExportInfo,
  start: number,
  now: number,
  { segmentBytes = SEGMENT_BYTES, searched = 0 }: CutOptions = {},
): Promise<Cut | null | 'no-lines'> {
  // The head is short: it is where an export shows that it holds no lines.
  const limit = Math.min(info.length, start + Math.min(segmentBytes, start === 0 ? HEAD_BYTES : segmentBytes));
  if (limit <= start) return null;
  const unsearched = Math.max(start, searched);
  const lines = await lastNewline(store, info, unsearched, limit);
  // The newest bytes: whatever stands behind the last newline is looked at now, with the lines before it or alone.
  if (limit === info.length) return (await tailCut(store, info, lines?.end ?? start, now)) ?? lines;
  if (lines) return lines;
  const isHead = start === 0 && info.length > HEAD_BYTES;
  const line = await nextNewline(store, info, Math.max(limit, unsearched), isHead ? HEAD_BYTES : info.length);
  return line ?? (isHead ? 'no-lines' : tailCut(store, info, start, now));
}

/** SHA-256, hex, of the last ≤ 1 KiB before `end`: by it a replaced export is known. */
export async function tailOf(store: ExportStore, ref: ExportRef, end: number): Promise<string> {
  return cutAt(await stretchOf(store, ref, end, end), end).tail;
}

/** Cuts at the end of the export, where what stands between `from` and it is a line. */
async function tailCut(store: ExportStore, info: ExportInfo, from: number, now: number): Promise<Cut | null> {
  if (from === info.length) return null;
  if (now - info.lastModified > TAIL_PATIENCE_MS) return await lateCut(store, info);
  if (info.length - from > MAX_LINE_BYTES) return null;
  const stretch = await stretchOf(store, info, from, info.length);
  // Shorter, where the export was replaced by less meanwhile.
  const isWhole = stretch.offset + stretch.bytes.length === info.length;
  return isWhole && isJson(stretch.bytes.subarray(from - stretch.offset)) ? cutAt(stretch, info.length) : null;
}

/** Cuts at the end whatever stands there, unless the export has changed while we looked. */
async function lateCut(store: ExportStore, info: ExportInfo): Promise<Cut | null> {
  const stretch = await stretchOf(store, info, info.length, info.length);
  const latest = await store.info(info);
  // The time is in whole seconds: what came in the same one shows in the length.
  const isSame = latest?.lastModified === info.lastModified && latest.length === info.length;
  return isSame ? cutAt(stretch, info.length) : null;
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

/** Cuts behind the last newline within `[start, limit)`, searched from the end. */
async function lastNewline(store: ExportStore, ref: ExportRef, start: number, limit: number): Promise<Cut | null> {
  for (let end = limit; end > start; end -= SEARCH_BYTES) {
    const from = Math.max(start, end - SEARCH_BYTES);
    const stretch = await stretchOf(store, ref, from, end);
    const at = stretch.offset + stretch.bytes.lastIndexOf(NEWLINE);
    if (at >= from) return cutAt(stretch, at + 1);
  }
  return null;
}

/** Cuts behind the first newline within `[from, limit)`. */
async function nextNewline(store: ExportStore, ref: ExportRef, from: number, limit: number): Promise<Cut | null> {
  let offset = Math.max(0, from - TAIL_BYTES);
  let seen = Buffer.alloc(0);
  for await (const piece of store.read(ref, offset, limit)) {
    const bytes = Buffer.concat([seen, piece]);
    const at = bytes.indexOf(NEWLINE, Math.max(seen.length, from - offset));
    if (at !== -1) return cutAt({ offset, bytes }, offset + at + 1);
    seen = bytes.subarray(-TAIL_BYTES);
    offset += bytes.length - seen.length;
  }
  return null;
}

/** Bytes of an export from `offset` on. */
interface Stretch {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** `[from, end)` of one reading, with what a tail at any place in it covers. */
async function stretchOf(store: ExportStore, ref: ExportRef, from: number, end: number): Promise<Stretch> {
  const offset = Math.max(0, from - TAIL_BYTES);
  const pieces: Uint8Array[] = [];
  for await (const piece of store.read(ref, offset, end)) pieces.push(piece);
  return { offset, bytes: Buffer.concat(pieces) };
}

function cutAt({ offset, bytes }: Stretch, end: number): Cut {
  const before = bytes.subarray(Math.max(0, end - offset - TAIL_BYTES), end - offset);
  return { end, tail: createHash('sha256').update(before).digest('hex') };
}
