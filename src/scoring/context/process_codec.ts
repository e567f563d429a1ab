import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { SOURCES } from '../../core/records/report.ts';
import { ByteReader, MalformedError } from '../count_files/byte_reader.ts';
import { ByteWriter } from '../count_files/byte_writer.ts';
import { READ_BYTES } from './context_file.ts';
import { type ProcessKey, type ProcessOrder, processOrderOf } from './process_order.ts';

/** A section ends after so many bytes: one is in memory at a time. */
const SECTION_BYTES = 256 * 1024;
const MAX_SECTION_BYTES = 64 * 1024 * 1024;
const LEVEL = 1;
/** What one request reads is written as it is: compressing takes longer than all else that is done with it. */
const MAX_PLAIN_BYTES = READ_BYTES;
/** Of the flags: the names are those of the group before. */
const SAME = 2;

/** Writes groups in their order as sections, each to be read alone; large ones compressed. */
export class ProcessSections {
  readonly #writer = new ByteWriter();
  readonly #sections: Buffer[] = [];
  readonly #isCompressed: boolean;
  #device = -1;
  #process = -1;

  /** `bytes`: about as many as there are. */
  constructor(bytes: number) {
    this.#isCompressed = bytes > MAX_PLAIN_BYTES;
  }

  /**
   * Begins a group, whose names have these numbers. Its names, first the device's, are to be written to what is returned; null
   * where they are those of the group before.
   */
  begin(flags: number, device: number, process: number): ByteWriter | null {
    const isSame = this.#device === device && this.#process === process;
    this.#device = device;
    this.#process = process;
    if (this.#writer.length === 0) this.#writer.byte(this.#isCompressed ? 1 : 0);
    this.#writer.varint(flags + (isSame ? SAME : 0));
    return isSame ? null : this.#writer;
  }

  /** Ends a group; from `start` to `end` stand its address and its counts as they are stored. */
  end(pair: number, bytes: Buffer, start: number, end: number): void {
    this.#writer.uint48(pair);
    this.#writer.copy(bytes, start, end);
    if (this.#writer.length >= SECTION_BYTES) this.#end();
  }

  take(): Buffer[] {
    if (this.#writer.length > 0) this.#end();
    return this.#sections;
  }

  #end(): void {
    const view = this.#writer.view();
    const whole = this.#isCompressed
      ? Buffer.concat([view.subarray(0, 1), deflateRawSync(view.subarray(1), { level: LEVEL })])
      : Buffer.from(view);
    this.#sections.push(whole);
    this.#writer.clear();
    this.#device = -1;
  }
}

/** What the process view needs of one group: one address of a process on a device. */
export interface ProcessGroup {
  readonly RemoteIP: string;
  /** The hash of its process and network. */
  readonly pair: number;
  /** Whether the group matches on its own. */
  readonly matchesByItself: boolean;
  /** Its reports, in order of time: whole seconds since 1970, and connections. */
  readonly seconds: readonly number[];
  readonly counts: readonly number[];
}

/** The groups of one process on a device that stand together in a section: at least one. */
export interface GroupedProcess extends ProcessKey {
  /** Its place in the order of the streams. */
  readonly order: ProcessOrder;
  readonly groups: readonly ProcessGroup[];
}

/** Groups that the reader of a section wants: of these pairs, and of them the reports from `first` to `last`, in seconds. */
export interface WantedGroups {
  has(pair: number): boolean;
  readonly first: number;
  readonly last: number;
}

/**
 * Reads the processes of a section that have such groups, one by one: those of a whole section at once would outlive the
 * collection of short-lived objects. Throws a MalformedError.
 */
export class ProcessReader {
  readonly #reader: ByteReader;
  readonly #wanted: WantedGroups;
  /** Of the next group; null at the end. */
  #flags: number | null;

  constructor(section: Buffer, wanted: WantedGroups) {
    this.#reader = new ByteReader(inflated(section));
    this.#wanted = wanted;
    this.#flags = this.#nextFlags();
  }

  /** The next process; null at the end. */
  next(): GroupedProcess | null {
    while (this.#flags !== null) {
      const key = this.#key(this.#flags);
      const groups: ProcessGroup[] = [];
      do {
        const group = readGroup(this.#reader, (this.#flags & 1) === 1, this.#wanted);
        if (group !== null) groups.push(group);
        this.#flags = this.#nextFlags();
      } while (this.#flags !== null && (this.#flags & SAME) !== 0);
      if (groups.length > 0) return { ...key, order: processOrderOf(key), groups };
    }
    return null;
  }

  #key(flags: number): ProcessKey {
    const source = SOURCES[Math.floor(flags / 4)];
    if (source === undefined || (flags & SAME) !== 0) throw new MalformedError('an unknown source');
    return { source, DeviceName: this.#reader.text(), InitiatingProcessFileName: this.#reader.text() };
  }

  #nextFlags(): number | null {
    return this.#reader.isAtEnd ? null : this.#reader.varint();
  }
}

/** null for a group that is not wanted. */
function readGroup(from: ByteReader, matchesByItself: boolean, wanted: WantedGroups): ProcessGroup | null {
  const pair = from.uint48();
  const isWanted = wanted.has(pair);
  const length = from.varint();
  const start = from.at;
  from.skip(length);
  const seconds: number[] = [];
  const counts: number[] = [];
  let second = 0;
  for (let left = from.varint(); left > 0; left--) {
    second += from.varint();
    const count = from.varint();
    if (!isWanted || second < wanted.first || second > wanted.last) continue;
    seconds.push(second);
    counts.push(count);
  }
  if (seconds.length === 0) return null;
  return { RemoteIP: from.textAt(start, start + length), pair, matchesByItself, seconds, counts };
}

/** The first byte says whether the others are compressed. */
function inflated(section: Buffer): Buffer {
  if (section[0] === 0) return section.subarray(1);
  try {
    return inflateRawSync(section.subarray(1), { maxOutputLength: MAX_SECTION_BYTES });
  } catch (cause) {
    throw new MalformedError('a section cannot be decompressed', { cause });
  }
}
