import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { SOURCES } from '../../core/records/report.ts';
import { ByteReader, MalformedError } from '../count_files/byte_reader.ts';
import { ByteWriter } from '../count_files/byte_writer.ts';
import type { ProcessGroup } from './process_groups.ts';

/** A section ends after so many groups or counts: one is in memory at a time. */
const SECTION_GROUPS = 2_000;
const SECTION_COUNTS = 40_000;
const MAX_SECTION_BYTES = 64 * 1024 * 1024;
const LEVEL = 1;

/** Sections of groups in their order, each to be read alone, compressed. */
export function encodeProcessGroups(groups: readonly ProcessGroup[]): Buffer[] {
  const sections: Buffer[] = [];
  for (let start = 0; start < groups.length; ) {
    let end = start;
    for (let counts = 0; end < groups.length && end - start < SECTION_GROUPS && counts < SECTION_COUNTS; end++) {
      counts += (groups[end] as ProcessGroup).counts.length;
    }
    sections.push(sectionOf(groups.slice(start, end)));
    start = end;
  }
  return sections;
}

function sectionOf(groups: readonly ProcessGroup[]): Buffer {
  const writer = new ByteWriter();
  writer.varint(groups.length);
  // Neighbours share device and process: a text that is the same as the one before is written as nothing.
  let before: Pick<ProcessGroup, 'DeviceName' | 'InitiatingProcessFileName'> | null = null;
  for (const group of groups) {
    const isSame =
      before?.DeviceName === group.DeviceName && before.InitiatingProcessFileName === group.InitiatingProcessFileName;
    writer.varint(SOURCES.indexOf(group.source) * 4 + (isSame ? 2 : 0) + (group.matchesByItself ? 1 : 0));
    if (!isSame) {
      writer.text(group.DeviceName);
      writer.text(group.InitiatingProcessFileName);
    }
    writer.text(group.RemoteIP);
    writer.uint48(group.pair);
    writer.varint(group.counts.length);
    let last = 0;
    for (const { second, count } of group.counts) {
      writer.varint(second - last);
      writer.varint(count);
      last = second;
    }
    before = group;
  }
  return deflateRawSync(writer.view(), { level: LEVEL });
}

/** Throws a MalformedError. */
export function decodeProcessGroups(section: Buffer): ProcessGroup[] {
  const reader = new ByteReader(inflated(section));
  let names = { DeviceName: '', InitiatingProcessFileName: '' };
  return Array.from({ length: reader.varint() }, () => {
    const flags = reader.varint();
    const source = SOURCES[Math.floor(flags / 4)];
    if (source === undefined) throw new MalformedError('an unknown source');
    if ((flags & 2) === 0) names = { DeviceName: reader.text(), InitiatingProcessFileName: reader.text() };
    const RemoteIP = reader.text();
    const pair = reader.uint48();
    let second = 0;
    const counts = Array.from({ length: reader.varint() }, () => {
      second += reader.varint();
      return { second, count: reader.varint() };
    });
    return { source, ...names, RemoteIP, pair, matchesByItself: (flags & 1) === 1, counts };
  });
}

function inflated(section: Buffer): Buffer {
  try {
    return inflateRawSync(section, { maxOutputLength: MAX_SECTION_BYTES });
  } catch (cause) {
    throw new MalformedError('a section cannot be decompressed', { cause });
  }
}
