import {
  closeSync,
  createReadStream,
  type Dirent,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { escapeForDisplay } from '../core/text/escape.ts';
import type { Content } from '../reading/containers/contents.ts';
import { SIGNATURE_BYTES, signatureOf } from '../reading/signature.ts';
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

/**
 * The files of the arguments. Folders are walked in order of name, without promises: Node's promises for files load streams and
 * much else. A file that is named itself is always read. In folders, names that begin with `_` or `.` are skipped, the convention
 * of data tools for files without data. Throws a CommandError for a path that does not exist.
 */
export function inputFiles(paths: readonly string[]): InputFiles {
  const files: InputFile[] = [];
  const skipped: string[] = [];
  for (const path of paths) {
    if (path === '-') {
      files.push({ path, bytes: 0 });
      continue;
    }
    const found = statOf(path);
    if (found.isDirectory()) walk(path, files, skipped);
    else files.push({ path, bytes: found.size });
  }
  return { files, skipped };
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const name = escapeForDisplay(path, 500);
    throw new CommandError(code === 'ENOENT' ? `${name}: no such file or folder` : `${name}: ${code}`);
  }
}

function walk(folder: string, files: InputFile[], skipped: string[]): void {
  const entries = entriesOf(folder, skipped);
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (/^[_.]/.test(entry.name)) {
      skipped.push(path);
    } else if (entry.isDirectory()) {
      walk(path, files, skipped);
    } else {
      // A link to a file counts. A link to a folder may lead in a circle, and a link may lead nowhere.
      const found = statOrNull(path);
      if (found?.isFile()) files.push({ path, bytes: found.size });
      else skipped.push(path);
    }
  }
}

function entriesOf(folder: string, skipped: string[]): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    // A folder without access stops no other.
    skipped.push(`${folder} (${(error as NodeJS.ErrnoException).code})`);
    return [];
  }
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/**
 * What a file holds: itself, or the members of an archive. Throws the error of the system (with `code`) for a file that
 * cannot be opened. A piece may reuse the memory of the piece before it, because new memory costs more than the disk: the
 * reader must be done with a piece before it asks for the next, or for another file. `onRead` receives the number of bytes read from disk.
 */
export async function* contentsOf(
  { path }: InputFile,
  onRead: (bytes: number) => void,
  stdin: () => Readable = () => process.stdin,
): AsyncGenerator<Content> {
  const isFile = path !== '-' && statSync(path).isFile();
  if (isFile && signatureOf(headOf(path)) === null) {
    yield { name: path, chunks: windowsOf(path, onRead) };
    return;
  }
  const containers = await import('../reading/containers/contents.ts');
  const raw = path === '-' ? stdin() : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  yield* containers.unpacked({ name: path, chunks: counted(raw, onRead), path: isFile ? path : null, onRead });
}

/** The memory of the last file that was read. New memory for each file costs as much as reading half of it. */
let spare: Buffer | null = null;

async function* windowsOf(path: string, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const file = openSync(path, 'r');
  const window = spare ?? Buffer.allocUnsafeSlow(WINDOW_BYTES);
  spare = null;
  try {
    for (let bytes = readSync(file, window); bytes > 0; bytes = readSync(file, window)) {
      onRead(bytes);
      yield window.subarray(0, bytes);
    }
  } finally {
    spare = window;
    closeSync(file);
  }
}

/** The first bytes of a regular file. A pipe can be opened only once, so it is not opened here. */
function headOf(path: string): Buffer {
  const head = Buffer.alloc(SIGNATURE_BYTES);
  const file = openSync(path, 'r');
  try {
    return head.subarray(0, readSync(file, head));
  } finally {
    closeSync(file);
  }
}

async function* counted(raw: Readable, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    onRead(chunk.length);
    yield chunk;
  }
}
