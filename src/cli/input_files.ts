import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { escapeForDisplay } from '../core/text/escape.ts';
import { CommandError } from './errors.ts';

/** Something to read: a file, or standard input. */
export interface InputFile {
  /** As the user named it, or would; `-` for standard input. */
  readonly path: string;
  /** On disk; 0 where it is not known. */
  readonly bytes: number;
}

export interface InputFiles {
  readonly files: readonly InputFile[];
  /** Files of folders that were passed over, because their names begin with `_` or `.`, or nobody may look. */
  readonly passedOver: readonly string[];
}

/** Bytes that a stream reads at once: smaller costs calls, larger gains nothing. */
const CHUNK_BYTES = 1024 * 1024;
/** Bytes that are read at once into the same memory: what the processor's cache holds while they are looked through. */
const WINDOW_BYTES = 256 * 1024;
/** How gzip begins. */
const GZIP = Buffer.from([0x1f, 0x8b]);

/**
 * The files that the arguments name, folders walked, in order of name. A file is read whatever it is called; in folders
 * names that begin with `_` or `.` are passed over, as data tools have it for what is not data. Throws a CommandError
 * for a path that is not there.
 */
export async function inputFiles(paths: readonly string[]): Promise<InputFiles> {
  const files: InputFile[] = [];
  const passedOver: string[] = [];
  for (const path of paths) {
    if (path === '-') {
      files.push({ path, bytes: 0 });
      continue;
    }
    const found = await stat(path).catch(noSuch(path));
    if (found.isDirectory()) await walk(path, files, passedOver);
    else files.push({ path, bytes: found.size });
  }
  return { files, passedOver };
}

function noSuch(path: string) {
  return (error: NodeJS.ErrnoException): never => {
    const name = escapeForDisplay(path, 500);
    throw new CommandError(error.code === 'ENOENT' ? `${name}: no such file or folder` : `${name}: ${error.code}`);
  };
}

async function walk(folder: string, files: InputFile[], passedOver: string[]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    // One folder that may not be looked into stops no other.
    passedOver.push(`${folder} (${error.code})`);
    return [];
  });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (/^[_.]/.test(entry.name)) {
      passedOver.push(path);
    } else if (entry.isDirectory()) {
      await walk(path, files, passedOver);
    } else {
      // What a link leads to counts; a folder behind a link may lead in a circle, and a link may lead nowhere.
      const found = await stat(path).catch(() => null);
      if (found?.isFile()) files.push({ path, bytes: found.size });
      else passedOver.push(path);
    }
  }
}

/**
 * The bytes of a file for a reader that is done with each piece before it asks for the next: a piece may stand where the
 * one before it stood. Otherwise as `contentOf`, and the faster of the two: what costs time in reading a file is not the
 * disk, but the memory that each piece is put into.
 */
export function piecesOf(file: InputFile, onRead: (bytes: number) => void): AsyncIterable<Uint8Array> {
  return file.path !== '-' && isPlain(file.path) ? windowsOf(file.path, onRead) : contentOf(file, onRead);
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

/** Whether it is a file, and not gzip. (A pipe may be opened once alone: its writer would meet a closed end.) */
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
 * The bytes of a file, unpacked where they are gzip (by their first two bytes, whatever the name says). `onRead` hears
 * of the bytes as they lie on disk.
 */
export async function* contentOf(file: InputFile, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const raw = file.path === '-' ? process.stdin : createReadStream(file.path, { highWaterMark: CHUNK_BYTES });
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
    // Who has seen enough leaves early: then the file is to be closed as well.
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
