import { type Container, isUnread, SIGNATURE_BYTES, signatureOf, unreadText } from '../signature.ts';
import { ByteSource } from './byte_source.ts';
import { gunzip } from './gzip.ts';
import { close, copied, type OpenFile, openFile } from './open_file.ts';

/**
 * One file to read: a file itself, or a member of an archive, named "archive.zip › member.csv". Read it, or leave it,
 * before the next one is asked for.
 */
export type Content =
  | { readonly name: string; readonly chunks: AsyncIterable<Uint8Array> }
  /** A kind of file that is not read: the reason, and what to do. */
  | { readonly name: string; readonly refused: string }
  /** A name that begins with `_` or `.`. */
  | { readonly name: string; readonly skipped: true };

/** A file that may be a container. */
export interface Packed {
  readonly name: string;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Its path, where it can be opened again; null for standard input. */
  readonly path: string | null;
  /** Receives the number of bytes that are read beside `chunks`. */
  readonly onRead: (bytes: number) => void;
}

/**
 * What a file holds, by its first bytes: a zip archive its members, each of which may be gzip, Avro or Parquet; gzip its
 * content; Avro and Parquet their records as JSON lines; every other file itself. An archive within another is refused by
 * name. Throws a ContainerError for a container that cannot be opened; one that is damaged further on throws it from the
 * `chunks` of its content.
 */
export async function* unpacked(file: Packed): AsyncGenerator<Content> {
  const source = new ByteSource(file.chunks);
  try {
    yield* opened(file.name, source, file, []);
  } finally {
    await source.close();
  }
}

type Place = Pick<Packed, 'path' | 'onRead'>;
const NO_BYTES = new Uint8Array();
const UNNAMED: Place = { path: null, onRead: () => {} };

async function* opened(
  name: string,
  source: ByteSource,
  place: Place,
  within: readonly Container[],
): AsyncGenerator<Content> {
  // An error before the first byte is the error of this content alone.
  const kind = signatureOf(await source.peek(SIGNATURE_BYTES).catch(() => NO_BYTES));
  if (kind === null) yield { name, chunks: source.rest() };
  else if (isUnread(kind)) yield { name, refused: unreadText(kind) };
  else if (within.includes(kind) || (kind === 'zip' && within.length > 0))
    yield { name, refused: `it is ${kind} within ${within.at(-1)}, which is not read; unpack it first` };
  else yield* contained(kind, name, source, place, [...within, kind]);
}

async function* contained(
  kind: Container,
  name: string,
  source: ByteSource,
  place: Place,
  within: readonly Container[],
): AsyncGenerator<Content> {
  switch (kind) {
    case 'gzip':
      yield* opened(name, new ByteSource(gunzip(source)), UNNAMED, within);
      return;
    case 'zip':
      yield* withFile(source, place, (file) => unzipped(name, file, place, within));
      return;
    case 'avro':
      yield { name, chunks: (await import('./avro.ts')).avroLines(source) };
      return;
    case 'parquet': {
      const { parquetLines } = await import('./parquet.ts');
      yield { name, chunks: withFile(source, place, (file) => parquetLines(file)) };
    }
  }
}

async function* unzipped(
  name: string,
  file: OpenFile,
  { onRead }: Place,
  within: readonly Container[],
): AsyncGenerator<Content> {
  const { membersOf, refusalOf } = await import('./zip.ts');
  const refused = await refusalOf(file);
  if (refused !== null) {
    yield { name, refused };
    return;
  }
  for await (const member of membersOf(file)) {
    const memberName = `${name} › ${member.name}`;
    if (!('chunks' in member)) {
      yield { ...member, name: memberName };
      continue;
    }
    const source = new ByteSource(member.chunks);
    try {
      yield* opened(memberName, source, UNNAMED, within);
    } finally {
      await source.close();
    }
    onRead(member.packedBytes);
  }
}

/** Opens the file for reading at any place; a stream moves to a temporary file first. */
async function* withFile<T>(
  source: ByteSource,
  { path }: Place,
  use: (file: OpenFile) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const file = path === null ? await copied(source.rest()) : openFile(path);
  try {
    yield* use(file);
  } finally {
    close(file);
  }
}
