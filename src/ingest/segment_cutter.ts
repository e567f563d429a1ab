import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { DAY_MS } from '../core/kql/timespan.ts';
import { isRaw, type Source } from '../core/records/report.ts';
import { MAX_LINE_BYTES } from '../reading/line_reader.ts';
import type { ExportInfo, ExportRef, ExportStore } from '../storage/ports/exports.ts';

/** Maximum bytes of a segment, unless a single line is longer. */
export const SEGMENT_BYTES = 64 * 1024 * 1024;
/**
 * Maximum bytes of a segment without raw events; there memory does not depend on the size. At the end of a segment every
 * partition sends a partial batch, so that small segments cost more requests.
 */
const REPORT_SEGMENT_BYTES = 256 * 1024 * 1024;
/** An export without a newline in its first bytes, up to this limit, holds no lines. */
const HEAD_BYTES = 64 * 1024 * 1024;
/** Bytes that the hash of a tail covers. */
const TAIL_BYTES = 1024;
/** Bytes per read in search of a newline. */
const SEARCH_BYTES = 256 * 1024;
/** An export that has not grown for this time will not complete its last line. */
const TAIL_TIMEOUT_MS = DAY_MS;
const NEWLINE = 10;

/** The end of a segment, and the tail before it. Both come from one read, and so from one content. */
export interface Cut {
  readonly end: number;
  readonly tail: string;
}

export interface CutOptions {
  readonly segmentBytes?: number | undefined;
  /** An earlier search found no newline between `start` and here. */
  readonly searched?: number;
}

/** Raw events need a number in memory per line of a segment, so that their segments are shorter. */
export function segmentBytesOf(sources: readonly Source[]): number {
  return sources.some(isRaw) ? SEGMENT_BYTES : REPORT_SEGMENT_BYTES;
}

/**
 * Cuts the segment that starts at `start`, after the last whole line within `segmentBytes`. null: no whole line yet.
 * 'no-lines': the export holds no lines. Bytes after the last newline are a line where they are a whole JSON value (an
 * append is atomic), or where the export has not changed for a day; before that, more bytes may follow.
 */
export async function cutSegment(
  store: ExportStore,
  info: ExportInfo,
  start: number,
  now: number,
  { segmentBytes = SEGMENT_BYTES, searched = 0 }: CutOptions = {},
): Promise<Cut | null | 'no-lines'> {
  // The head is short: it decides whether the export holds lines at all.
  const limit = Math.min(info.length, start + Math.min(segmentBytes, start === 0 ? HEAD_BYTES : segmentBytes));
  if (limit <= start) return null;
  const unsearched = Math.max(start, searched);
  const lines = await lastNewline(store, info, unsearched, limit);
  // The newest bytes: check the part after the last newline, together with the lines before it or alone.
  if (limit === info.length) return (await tailCut(store, info, lines?.end ?? start, now)) ?? lines;
  if (lines) return lines;
  const isHead = start === 0 && info.length > HEAD_BYTES;
  const line = await nextNewline(store, info, Math.max(limit, unsearched), isHead ? HEAD_BYTES : info.length);
  return line ?? (isHead ? 'no-lines' : tailCut(store, info, start, now));
}

/** SHA-256, hex, of the last ≤ 1 KiB before `end`. It shows whether the export was replaced. */
export async function tailOf(store: ExportStore, ref: ExportRef, end: number): Promise<string> {
  return cutAt(await stretchOf(store, ref, end, end), end).tail;
}

/** Cuts at the end of the export if the bytes from `from` on are a line. */
async function tailCut(store: ExportStore, info: ExportInfo, from: number, now: number): Promise<Cut | null> {
  if (from === info.length) return null;
  if (now - info.lastModified > TAIL_TIMEOUT_MS) return await lateCut(store, info);
  if (info.length - from > MAX_LINE_BYTES) return null;
  const stretch = await stretchOf(store, info, from, info.length);
  // Shorter where a shorter export has replaced it meanwhile.
  const isWhole = stretch.offset + stretch.bytes.length === info.length;
  return isWhole && isJson(stretch.bytes.subarray(from - stretch.offset)) ? cutAt(stretch, info.length) : null;
}

/** Cuts at the end of the export unless it changed during the read. */
async function lateCut(store: ExportStore, info: ExportInfo): Promise<Cut | null> {
  const stretch = await stretchOf(store, info, info.length, info.length);
  const latest = await store.info(info);
  // The time has whole seconds; the length shows an append within the same second.
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

/** Cuts after the last newline within `[start, limit)`, searched from the end. */
async function lastNewline(store: ExportStore, ref: ExportRef, start: number, limit: number): Promise<Cut | null> {
  for (let end = limit; end > start; end -= SEARCH_BYTES) {
    const from = Math.max(start, end - SEARCH_BYTES);
    const stretch = await stretchOf(store, ref, from, end);
    const at = stretch.offset + stretch.bytes.lastIndexOf(NEWLINE);
    if (at >= from) return cutAt(stretch, at + 1);
  }
  return null;
}

/** Cuts after the first newline within `[from, limit)`. */
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

/** `[from, end)` in one read, and the bytes before that a tail may cover. */
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
