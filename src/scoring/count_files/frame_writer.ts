import { deflateRawSync } from 'node:zlib';
import type { Counted } from '../../core/records/contribution.ts';
import { SOURCES } from '../../core/records/report.ts';
import { ByteWriter } from './byte_writer.ts';
import { FILE_SIZES, type FileSizes } from './file_sizes.ts';

const NO_HASH = '0'.repeat(16);
/** The fastest: measured, a higher level makes 10 % fewer bytes and takes three times as long. */
const LEVEL = 1;

/**
 * Collects rows that come in order of groupId and time, and writes them as one frame: the smallest piece of a count file
 * that can be read alone. Equal things stand together, so that they compress well: the names, each once; the ids of the
 * groups; for each group its source, names, program and number of rows; the times of all rows; their counts.
 */
export class FrameWriter {
  readonly #day: string;
  readonly #sizes: FileSizes;
  readonly #texts = new Map<string, number>();
  #textLength = 0;
  readonly #names = new ByteWriter();
  readonly #hashes = new Map<string, number>();
  readonly #groupIds = new ByteWriter();
  readonly #groups = new ByteWriter();
  readonly #times = new ByteWriter();
  readonly #counts = new ByteWriter();
  #groupCount = 0;
  #first = '';
  #open: { readonly row: Counted; rows: number; hash: string; second: number } | null = null;
  #rows = 0;

  /** `day`: that of all rows, `2026-11-20`. */
  constructor(day: string, sizes: FileSizes = FILE_SIZES) {
    this.#day = day;
    this.#sizes = sizes;
  }

  get rows(): number {
    return this.#rows;
  }

  /** The groupId of the first row; '' while it is empty. */
  get first(): string {
    return this.#first;
  }

  get isFull(): boolean {
    return this.#rows >= this.#sizes.frameRows || this.#textLength >= this.#sizes.frameText;
  }

  add(row: Counted): void {
    const open = this.#open?.row.groupId === row.groupId ? this.#open : this.#begin(row);
    // It would move to another day.
    if (!row.Timestamp.startsWith(this.#day)) throw new RangeError(`not of ${this.#day}: ${row.Timestamp}`);
    const second = secondOf(row.Timestamp);
    if (second < open.second) throw new RangeError(`rows of group ${row.groupId} are not in time order`);
    const flags = (row.Timestamp.endsWith('.0000000Z') ? 2 : 0) | (row.failed ? 1 : 0);
    this.#times.varint((second - open.second) * 4 + flags);
    this.#counts.varint(numberOf(row.count));
    open.second = second;
    open.rows++;
    if (row.programHash !== null) open.hash = row.programHash;
    this.#rows++;
  }

  /** The frame, compressed. The writer is empty afterwards. */
  take(): Buffer {
    this.#end();
    const frame = new ByteWriter();
    frame.varint(this.#groupCount);
    frame.varint(this.#texts.size);
    frame.varint(this.#hashes.size);
    frame.varint(this.#groups.length);
    frame.varint(this.#times.length);
    frame.bytes(this.#names.view());
    for (const hash of this.#hashes.keys()) frame.hex(hash);
    for (const part of [this.#groupIds, this.#groups, this.#times, this.#counts]) frame.bytes(part.view());
    for (const part of [this.#names, this.#groupIds, this.#groups, this.#times, this.#counts]) part.clear();
    this.#texts.clear();
    this.#hashes.clear();
    this.#textLength = 0;
    this.#groupCount = 0;
    this.#rows = 0;
    this.#first = '';
    return deflateRawSync(frame.view(), { level: LEVEL });
  }

  #begin(row: Counted) {
    if (this.#open !== null && row.groupId < this.#open.row.groupId) {
      throw new RangeError(`group ${row.groupId} comes after ${this.#open.row.groupId}`);
    }
    this.#end();
    if (this.#first === '') this.#first = row.groupId;
    const open = { row, rows: 0, hash: NO_HASH, second: 0 };
    this.#open = open;
    return open;
  }

  #end(): void {
    if (this.#open === null) return;
    const { row, rows, hash } = this.#open;
    this.#open = null;
    this.#groupCount++;
    this.#groupIds.hex(row.groupId);
    this.#groups.varint(SOURCES.indexOf(row.source));
    this.#groups.varint(this.#textOf(row.DeviceName));
    this.#groups.varint(this.#textOf(row.InitiatingProcessFileName));
    this.#groups.varint(this.#textOf(row.RemoteIP));
    this.#groups.varint(placeIn(this.#hashes, hash));
    this.#groups.varint(rows);
  }

  #textOf(text: string): number {
    const known = this.#texts.size;
    const place = placeIn(this.#texts, text);
    if (place === known) {
      this.#names.text(text);
      this.#textLength += text.length;
    }
    return place;
  }
}

/** The place of a value, which is added at the end where it is new. */
function placeIn(places: Map<string, number>, value: string): number {
  let place = places.get(value);
  if (place === undefined) {
    place = places.size;
    places.set(value, place);
  }
  return place;
}

/** 0 for none; then 0, −1, 1, −2, 2, … from 1 on. */
function numberOf(count: number | null): number {
  if (count === null) return 0;
  if (!Number.isSafeInteger(count)) throw new RangeError(`not a whole number: ${count}`);
  return count < 0 ? -2 * count : 2 * count + 1;
}

/** Seconds since the start of the day. */
function secondOf(timestamp: string): number {
  const digits = (at: number): number => timestamp.charCodeAt(at) * 10 + timestamp.charCodeAt(at + 1) - 11 * ZERO;
  return digits(11) * 3600 + digits(14) * 60 + digits(17);
}

const ZERO = 48;
