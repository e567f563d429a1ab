import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { escapeForDisplay } from '../core/text/escape.ts';
import { CommandError } from './errors.ts';

/** A file, or standard input. */
export interface InputFile {
  /** As the user named it, or below the folder that the user named; `-` for standard input. */
  readonly path: string;
  /** Size on disk; 0 if unknown. */
  readonly bytes: number;
}

export interface InputFiles {
  readonly files: readonly InputFile[];
  /** Entries of folders that are not read: the name begins with `_` or `.`, access is denied, or a link leads nowhere. */
  readonly skipped: readonly string[];
}

/** Bytes of one read of a stream. Smaller costs calls, larger gains nothing. */
const CHUNK_BYTES = 1024 * 1024;
/** Bytes of one read into reused memory. The processor's cache holds them while they are parsed. */
const WINDOW_BYTES = 256 * 1024;
/** The first bytes of gzip (RFC 1952). */
const GZIP = Buffer.from([0x1f, 0x8b]);

/**
 * The files of the arguments; folders are walked in order of name. A file that is named itself is always read. In
 * folders, names that begin with `_` or `.` are skipped, the convention of data tools for files without data. Throws a
 * CommandError for a path that does not exist.
 */
export async function inputFiles(paths: readonly string[]): Promise<InputFiles> {
  const files: InputFile[] = [];
  const skipped: string[] = [];
  for (const path of paths) {
    if (path === '-') {
      files.push({ path, bytes: 0 });
      continue;
    }
    const found = await stat(path).catch(noSuch(path));
    if (found.isDirectory()) await walk(path, files, skipped);
    else files.push({ path, bytes: found.size });
  }
  return { files, skipped };
}

function noSuch(path: string) {
  return (error: NodeJS.ErrnoException): never => {
    const name = escapeForDisplay(path, 500);
    throw new CommandError(error.code === 'ENOENT' ? `${name}: no such file or folder` : `${name}: ${error.code}`);
  };
}

async function walk(folder: string, files: InputFile[], skipped: string[]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    // A folder without access stops no other.
    skipped.push(`${folder} (${error.code})`);
    return [];
  });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (/^[_.]/.test(entry.name)) {
      skipped.push(path);
    } else if (entry.isDirectory()) {
      await walk(path, files, skipped);
    } else {
      // A link to a file counts. A link to a folder may lead in a circle, and a link may lead nowhere.
      const found = await stat(path).catch(() => null);
      if (found?.isFile()) files.push({ path, bytes: found.size });
      else skipped.push(path);
    }
  }
}

/**
 * The bytes of a file, as `contentOf`, but faster: a piece may reuse the memory of the piece before it. The reader must
 * be done with a piece before it asks for the next. New memory for each piece costs more than the disk.
 */
export function piecesOf(
  file: InputFile,
  onRead: (bytes: number) => void,
  stdin: Readable = process.stdin,
): AsyncIterable<Uint8Array> {
  return file.path !== '-' && isPlain(file.path) ? windowsOf(file.path, onRead) : contentOf(file, onRead, stdin);
}

async function* windowsOf(path: string, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const window = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  const file = openSync(path, 'r');
  try {
    for (let bytes = readSync(file, window); bytes > 0; bytes = readSync(file, window)) {
      onRead(bytes);
      yield window.subarray(0, bytes);
    }
  } finally {
    closeSync(file);
  }
}

/** Whether it is a regular file and not gzip. A pipe can be opened only once, so it is not opened here. */
function isPlain(path: string): boolean {
  if (!statSync(path).isFile()) return false;
  const head = Buffer.alloc(GZIP.length);
  const file = openSync(path, 'r');
  try {
    return !(readSync(file, head) === head.length && head.equals(GZIP));
  } finally {
    closeSync(file);
  }
}

/**
 * The bytes of a file, unpacked if the first two bytes are those of gzip. `onRead` receives the number of bytes read from
 * disk. Throws the error of the system (with `code`), also for gzip that is cut off.
 */
export async function* contentOf(
  file: InputFile,
  onRead: (bytes: number) => void,
  stdin: Readable = process.stdin,
): AsyncGenerator<Uint8Array> {
  const raw = file.path === '-' ? stdin : createReadStream(file.path, { highWaterMark: CHUNK_BYTES });
  const chunks = counted(raw, onRead);
  let head: Buffer = Buffer.alloc(0);
  while (head.length < GZIP.length) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const all = joined(head, chunks);
  if (!head.subarray(0, GZIP.length).equals(GZIP)) {
    yield* all;
    return;
  }
  const unzipped = createGunzip({ chunkSize: CHUNK_BYTES });
  const packed = Readable.from(all);
  packed.on('error', (error) => unzipped.destroy(error));
  try {
    yield* packed.pipe(unzipped);
  } finally {
    // A reader may stop early; the file is closed all the same.
    packed.destroy();
    if (file.path !== '-') raw.destroy();
  }
}

async function* counted(raw: Readable, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    onRead(chunk.length);
    yield chunk;
  }
}

async function* joined(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}
