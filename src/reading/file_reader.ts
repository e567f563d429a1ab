import { Buffer } from 'node:buffer';
import { contentKindOf, HEAD_BYTES, isList } from './content_type.ts';
import { readCsv } from './csv_reader.ts';
import { csvInUtf8, utf16InUtf8, utf16Of } from './encoding.ts';
import { readJson } from './json_reader.ts';
import type { LineBatch } from './line_batch.ts';
import { type LineOptions, readLines } from './line_reader.ts';
import { readXml } from './xml_reader.ts';
import { readZeekLog } from './zeek_log_reader.ts';

const NEWLINE = 10;

type FileReader = (chunks: AsyncIterable<Uint8Array>, options: LineOptions) => AsyncGenerator<LineBatch>;

/**
 * Reads a complete file of any supported kind: JSON lines, JSON over several lines (or a list in one line above the line
 * limit), a table, or XML of events. For all but the first each record becomes a line: its JSON or XML, with its place in the file.
 * UTF-16, and a CSV in Windows-1252, are converted to UTF-8; places then refer to the UTF-8 text. `onWindows1252` is called
 * for such a CSV, once.
 */
export async function* readContent(
  chunks: AsyncIterable<Uint8Array>,
  options: LineOptions,
  onWindows1252: () => void = () => {},
): AsyncGenerator<LineBatch> {
  const source = chunks[Symbol.asyncIterator]();
  try {
    let start = await read(source, { bytes: Buffer.alloc(0) }, ({ length }) => length >= HEAD_BYTES);
    const hasLine = (bytes: Uint8Array) => bytes.includes(NEWLINE) || bytes.length > options.maxLineBytes;
    if (isList(start.bytes)) start = await read(source, start, hasLine);
    const head = start.bytes;
    const utf16 = utf16Of(head);
    const all = joined(start, source);
    yield* utf16 === null
      ? readerOf(head, options, onWindows1252)(all, options)
      : readContent(utf16InUtf8(all, utf16), options);
  } finally {
    await source.return?.();
  }
}

/** The first bytes of a stream, and whether it ended or failed with them. */
interface Head {
  readonly bytes: Uint8Array;
  /** Thrown once the bytes before it are read. */
  readonly failure?: unknown;
}

/** Reads more chunks until `isComplete`. The bytes of a first chunk that is complete are no copy, and good until the next one. */
async function read(
  source: AsyncIterator<Uint8Array>,
  before: Head,
  isComplete: (bytes: Uint8Array) => boolean,
): Promise<Head> {
  let { bytes } = before;
  while (!('failure' in before) && !isComplete(bytes)) {
    // A copy: the next chunk may come in the same memory.
    const kept = Buffer.from(bytes);
    bytes = kept;
    try {
      const { value, done } = await source.next();
      if (done) break;
      bytes = kept.length === 0 ? value : Buffer.concat([kept, value]);
    } catch (failure) {
      return { bytes, failure };
    }
  }
  return { ...before, bytes };
}

function readerOf(head: Uint8Array, { maxLineBytes }: LineOptions, onWindows1252: () => void): FileReader {
  const isOneList = isList(head) && !head.subarray(0, maxLineBytes + 1).includes(NEWLINE);
  if (isOneList) return head.length > maxLineBytes ? readJson : readLines;
  const kind = contentKindOf(isList(head) ? head : head.subarray(0, HEAD_BYTES));
  if (kind === 'csv') return csvReader(onWindows1252);
  if (kind === 'xml') return readXml;
  if (kind === 'zeek-log') return readZeekLog;
  return kind === 'json' ? readJson : readLines;
}

function csvReader(onWindows1252: () => void): FileReader {
  return (chunks, options) => readCsv(csvInUtf8(chunks, onWindows1252), options);
}

async function* joined(head: Head, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head.bytes;
  if ('failure' in head) throw head.failure;
  for (;;) {
    const { value, done } = await rest.next();
    if (done) return;
    yield value;
  }
}
