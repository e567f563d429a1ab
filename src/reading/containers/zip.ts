import type { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import * as yauzl from 'yauzl';
import { unreadText } from '../signature.ts';
import { ContainerError } from './container_error.ts';
import type { OpenFile } from './open_file.ts';

/** A file within an archive; `refused`: the reason why it cannot be read, `skipped`: its name says that it holds no data. */
export type Member =
  | { readonly name: string; readonly packedBytes: number; readonly chunks: AsyncIterable<Buffer> }
  | { readonly name: string; readonly refused: string }
  | { readonly name: string; readonly skipped: true };

/** More members, or more unpacked bytes, are no archive of exports. */
const MAX_MEMBERS = 10_000;
const MAX_UNPACKED_GIB = 64;
/** The member that every workbook of Excel has. */
const WORKBOOK = 'xl/workbook.xml';
const [STORED, DEFLATED] = [0, 8];

/**
 * The files within a zip archive, in its order. Folders are omitted. Each member is unpacked as it is read, so memory is
 * that of one chunk. Throws a ContainerError for an archive that is damaged.
 */
export async function* membersOf(file: OpenFile): AsyncGenerator<Member> {
  const zip = await opened(file);
  for await (const entry of entriesOf(zip)) {
    const name = nameOf(entry);
    if (name.endsWith('/')) continue;
    if (isHidden(name)) yield { name, skipped: true };
    else if (entry.isEncrypted())
      yield { name, refused: 'it is encrypted, which is not read; unpack it with its password: 7z x FILE' };
    else if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED)
      yield {
        name,
        refused: `it is packed with method ${entry.compressionMethod}, which is not read; unpack it: 7z x FILE`,
      };
    else yield { name, packedBytes: entry.compressedSize, chunks: contentOf(zip, entry) };
  }
}

/**
 * The reason why an archive is refused before anything of it is read; null where there is none. It is refused if it has no
 * file, has more than 10,000 members, declares more than 64 GiB of content, packs the same bytes into several members, or
 * is a workbook. Throws a ContainerError for an archive that is damaged.
 */
export async function refusalOf(file: OpenFile): Promise<string | null> {
  let files = 0;
  let members = 0;
  let packed = 0;
  let unpacked = 0;
  for await (const entry of entriesOf(await opened(file))) {
    if (nameOf(entry) === WORKBOOK) return unreadText('xlsx');
    if (!nameOf(entry).endsWith('/')) files++;
    members++;
    packed += entry.compressedSize;
    unpacked += entry.uncompressedSize;
    if (members > MAX_MEMBERS)
      return `the zip archive has more than ${MAX_MEMBERS.toLocaleString('en-US')} members; unpack it: unzip FILE`;
  }
  if (files === 0) return 'the zip archive holds no file';
  if (packed > file.bytes) return 'the members of the zip archive overlap, as in a zip bomb; it is not read';
  if (unpacked > MAX_UNPACKED_GIB * 1024 ** 3)
    return `the zip archive unpacks to more than ${MAX_UNPACKED_GIB} GiB; unpack it: unzip FILE`;
  return null;
}

async function opened({ descriptor }: OpenFile): Promise<yauzl.ZipFile> {
  try {
    // Names are decoded below: an unsafe one would end the archive, but nothing is written under these names.
    return await yauzl.fromFdPromise(descriptor, { lazyEntries: true, autoClose: false, decodeStrings: false });
  } catch (error) {
    throw damaged(error);
  }
}

async function* entriesOf(zip: yauzl.ZipFile): AsyncGenerator<yauzl.Entry> {
  try {
    for await (const entry of zip.eachEntry()) yield entry;
  } catch (error) {
    throw error instanceof ContainerError ? error : damaged(error);
  }
}

function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: yauzl.Entry): string {
  return yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
}

/** The convention of folders: names that begin with `_` or `.` hold no data, such as macOS's `__MACOSX`. */
function isHidden(name: string): boolean {
  return name.split('/').some((part) => /^[_.]/.test(part) && part !== '.' && part !== '..');
}

async function* contentOf(zip: yauzl.ZipFile, entry: yauzl.Entry): AsyncGenerator<Buffer> {
  let checksum = 0;
  try {
    const stream = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  } catch (error) {
    throw damaged(error);
  }
  if (checksum !== entry.crc32) throw damaged(new Error('wrong checksum'));
}

function damaged(error: unknown): ContainerError {
  const how = error instanceof Error ? error.message : String(error);
  return new ContainerError(`zip archive that is damaged or cut off (${how}); copy the file again`, { cause: error });
}
