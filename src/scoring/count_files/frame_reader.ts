import { inflateRawSync } from 'node:zlib';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Counted } from '../../core/records/contribution.ts';
import { SOURCES } from '../../core/records/report.ts';
import { wholeSecondOf } from '../../core/regularity/whole_second.ts';
import { ByteReader, MalformedError } from './byte_reader.ts';

/** More than any frame has: a hostile file must not fill the memory. */
const MAX_FRAME_BYTES = 8 * 1024 * 1024;
const HASH_DIGITS = 16;
const NO_HASH = '0'.repeat(HASH_DIGITS);
const SECONDS_PER_HOUR = 3600;

/**
 * Walks through the rows of a frame, run by run: a run is the rows of one group in one hour, as far as they stand in this
 * frame. It begins at the first run; `next` moves on.
 */
export class FrameReader {
  readonly #day: string;
  /** The first second of the day, since 1970. */
  readonly #dayStart: number;
  readonly #starts: (string | undefined)[] = [];
  readonly #texts: Texts;
  readonly #hashes: readonly (string | null)[];
  readonly #groupIds: Buffer;
  readonly #groups: ByteReader;
  readonly #times: ByteReader;
  readonly #counts: ByteReader;
  readonly #groupCount: number;
  #group = -1;
  /** Rows of the group that are not read. */
  #left = 0;
  /** Of the next row, where one is read ahead. */
  #second = 0;
  #flags = 0;
  #source = SOURCES[0] as Counted['source'];
  #device = 0;
  #process = 0;
  #address = 0;
  #hash: string | null = null;
  /** 32 hex digits; '' at the end. */
  groupId = '';
  /** 0 to 23. */
  hour = 0;

  /** `frame` as `FrameWriter.take` returned it; `day`: that of all rows, `2026-11-20`. Throws a MalformedError. */
  constructor(frame: Uint8Array, day: string) {
    this.#day = day;
    this.#dayStart = wholeSecondOf(`${day}T00:00:00.0000000Z` as Timestamp);
    const bytes = inflated(frame);
    const head = new ByteReader(bytes);
    this.#groupCount = head.varint();
    const texts = head.varint();
    const hashes = head.varint();
    const groupBytes = head.varint();
    const timeBytes = head.varint();
    if (texts + hashes * 8 + this.#groupCount * 16 > bytes.length) throw new MalformedError('a frame is too short');
    this.#texts = new Texts(bytes, head, texts);
    this.#hashes = Array.from({ length: hashes }, () => head.hex(HASH_DIGITS / 2)).map(orNone);
    this.#groupIds = head.take(this.#groupCount * 16);
    this.#groups = new ByteReader(head.take(groupBytes));
    this.#times = new ByteReader(head.take(timeBytes));
    this.#counts = new ByteReader(bytes, head.at);
    this.#nextGroup();
  }

  /** Moves to the next run without reading this one. */
  skip(): void {
    this.#read(null);
  }

  /** Adds the rows of this run to a list, and moves to the next run. */
  take(rows: Counted[]): void {
    this.#read(rows);
  }

  #read(rows: Counted[] | null): void {
    const { groupId, hour } = this;
    // No object for the key, and no text that is made again: a run is mostly one row.
    const isRead = rows !== null;
    const source = this.#source;
    const DeviceName = isRead ? this.#texts.at(this.#device) : '';
    const InitiatingProcessFileName = isRead ? this.#texts.at(this.#process) : '';
    const RemoteIP = isRead ? this.#texts.at(this.#address) : '';
    const programHash = this.#hash;
    const start = this.#startOf(hour);
    const end = (hour + 1) * SECONDS_PER_HOUR;
    do {
      const count = countOf(this.#counts.varint());
      if (rows !== null) {
        const times = (this.#flags & 2) !== 0 ? EXACT : LATER;
        const Timestamp = (start + times[this.#second % SECONDS_PER_HOUR]) as Timestamp;
        rows.push({
          groupId,
          source,
          DeviceName,
          InitiatingProcessFileName,
          RemoteIP,
          Timestamp,
          second: this.#dayStart + this.#second,
          count,
          failed: (this.#flags & 1) !== 0,
          programHash,
        });
      }
      if (--this.#left === 0) {
        this.#nextGroup();
        return;
      }
      this.#readTime();
    } while (this.#second < end);
    this.hour = hourOf(this.#second);
  }

  /** `2026-11-20T08:` */
  #startOf(hour: number): string {
    this.#starts[hour] ??= `${this.#day}T${TWO_DIGITS[hour]}:`;
    return this.#starts[hour] as string;
  }

  #nextGroup(): void {
    if (++this.#group === this.#groupCount) {
      this.groupId = '';
      return;
    }
    this.groupId = this.#groupIds.toString('hex', this.#group * 16, this.#group * 16 + 16);
    this.#source = known(SOURCES[this.#groups.varint()]);
    this.#device = this.#groups.varint();
    this.#process = this.#groups.varint();
    this.#address = this.#groups.varint();
    this.#hash = known(this.#hashes[this.#groups.varint()]);
    this.#left = this.#groups.varint();
    if (this.#left === 0) throw new MalformedError('a group without rows');
    this.#second = 0;
    this.#readTime();
    this.hour = hourOf(this.#second);
  }

  #readTime(): void {
    const time = this.#times.varint();
    this.#flags = time & 3;
    this.#second += Math.floor(time / 4);
  }
}

/** The names of a frame, each made a text when it is first needed. Places instead of pieces: a frame has thousands of names. */
class Texts {
  readonly #bytes: Buffer;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #texts: (string | undefined)[];

  constructor(bytes: Buffer, from: ByteReader, count: number) {
    this.#bytes = bytes;
    this.#starts = new Uint32Array(count);
    this.#ends = new Uint32Array(count);
    this.#texts = new Array(count);
    for (let n = 0; n < count; n++) {
      const length = from.varint();
      this.#starts[n] = from.at;
      from.skip(length);
      this.#ends[n] = from.at;
    }
  }

  at(place: number): string {
    const text = this.#texts[place];
    if (text !== undefined) return text;
    const made = this.#bytes.toString('utf8', known(this.#starts[place]), known(this.#ends[place]));
    this.#texts[place] = made;
    return made;
  }
}

function inflated(frame: Uint8Array): Buffer {
  try {
    return inflateRawSync(frame, { maxOutputLength: MAX_FRAME_BYTES });
  } catch (cause) {
    throw new MalformedError('a frame cannot be decompressed', { cause });
  }
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new MalformedError('a frame refers to what it does not have');
  return value;
}

function orNone(hash: string): string | null {
  return hash === NO_HASH ? null : hash;
}

function countOf(number: number): number | null {
  if (number === 0) return null;
  return number % 2 === 0 ? -number / 2 : (number - 1) / 2;
}

function hourOf(second: number): number {
  const hour = Math.floor(second / SECONDS_PER_HOUR);
  if (hour > 23) throw new MalformedError('a time after the end of the day');
  return hour;
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));

/** `59:58.0000000Z` for each second of an hour, or with the smallest fraction where the time was not exactly on it. */
const EXACT = timesOfHour('.0000000Z');
const LATER = timesOfHour('.0000001Z');

function timesOfHour(fraction: string): readonly string[] {
  return Array.from(
    { length: SECONDS_PER_HOUR },
    (_, second) => `${TWO_DIGITS[Math.floor(second / 60)]}:${TWO_DIGITS[second % 60]}${fraction}`,
  );
}
