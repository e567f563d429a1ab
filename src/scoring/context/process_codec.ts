import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { SOURCES } from '../../core/records/report.ts';
import { ByteReader, MalformedError } from '../count_files/byte_reader.ts';
import { ByteWriter } from '../count_files/byte_writer.ts';
import { type ProcessGroup, type ProcessOrder, processOrderOf } from './process_order.ts';

/** A section ends after so many bytes: one is in memory at a time. */
const SECTION_BYTES = 256 * 1024;
const MAX_SECTION_BYTES = 64 * 1024 * 1024;
const LEVEL = 1;
/** Of the flags: the names are those of the group before. */
const SAME = 2;

/** Writes groups in their order as sections, each to be read alone, compressed. */
export class ProcessSections {
  readonly #writer = new ByteWriter();
  readonly #sections: Buffer[] = [];
  #before: { readonly order: ProcessOrder; readonly names: Buffer } | null = null;

  /** `names`: device and process; `rest`: address and counts, both as they are stored. */
  add(flags: number, order: ProcessOrder, names: Buffer, pair: number, rest: Buffer): void {
    const before = this.#before;
    const isSame =
      before?.order.device === order.device && before.order.process === order.process && before.names.equals(names);
    this.#writer.varint(flags + (isSame ? SAME : 0));
    if (!isSame) this.#writer.bytes(names);
    this.#writer.uint48(pair);
    this.#writer.bytes(rest);
    this.#before = { order, names };
    if (this.#writer.length >= SECTION_BYTES) this.#end();
  }

  take(): Buffer[] {
    if (this.#writer.length > 0) this.#end();
    return this.#sections;
  }

  #end(): void {
    this.#sections.push(deflateRawSync(this.#writer.view(), { level: LEVEL }));
    this.#writer.clear();
    this.#before = null;
  }
}

/** Throws a MalformedError. */
export function decodeProcessGroups(section: Buffer): ProcessGroup[] {
  const reader = new ByteReader(inflated(section));
  const groups: ProcessGroup[] = [];
  let names = { DeviceName: '', InitiatingProcessFileName: '' };
  let order: ProcessOrder = { device: 0, process: 0 };
  while (!reader.isAtEnd) {
    const flags = reader.varint();
    const source = SOURCES[Math.floor(flags / 4)];
    if (source === undefined) throw new MalformedError('an unknown source');
    if ((flags & SAME) === 0) {
      names = { DeviceName: reader.text(), InitiatingProcessFileName: reader.text() };
      order = processOrderOf({ source, ...names });
    }
    const pair = reader.uint48();
    const RemoteIP = reader.text();
    let second = 0;
    const counts = Array.from({ length: reader.varint() }, () => {
      second += reader.varint();
      return { second, count: reader.varint() };
    });
    groups.push({ source, ...names, RemoteIP, pair, matchesByItself: (flags & 1) === 1, counts, order });
  }
  return groups;
}

function inflated(section: Buffer): Buffer {
  try {
    return inflateRawSync(section, { maxOutputLength: MAX_SECTION_BYTES });
  } catch (cause) {
    throw new MalformedError('a section cannot be decompressed', { cause });
  }
}
