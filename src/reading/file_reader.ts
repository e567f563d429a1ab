import { Buffer } from 'node:buffer';
import { contentKindOf, HEAD_BYTES, isList, utf16Of } from './content_type.ts';
import { readCsv } from './csv_reader.ts';
import { readJson } from './json_reader.ts';
import type { LineBatch } from './line_batch.ts';
import { type LineOptions, readLines } from './line_reader.ts';
import { readZeekLog } from './zeek_log_reader.ts';

const NEWLINE = 10;

/**
 * Reads a complete file of any supported kind: JSON lines, JSON over several lines (or a list in one line above the line
 * limit), or the portal's CSV. For the latter two each record becomes a line: its JSON, with its place in the file.
 * UTF-16 is converted to UTF-8; places then refer to the UTF-8 text.
 */
export async function* readContent(chunks: AsyncIterable<Uint8Array>, options: LineOptions): AsyncGenerator<LineBatch> {
  const source = chunks[Symbol.asyncIterator]();
  try {
    let head = await read(source, Buffer.alloc(0), ({ length }) => length >= HEAD_BYTES);
    const hasLine = (bytes: Uint8Array) => bytes.includes(NEWLINE) || bytes.length > options.maxLineBytes;
    const utf16 = utf16Of(head);
    if (isList(head)) head = await read(source, head, hasLine);
    const all = joined(head, source);
    yield* utf16 === null ? readerOf(head, options)(all, options) : readContent(inUtf8(all, utf16), options);
  } finally {
    await source.return?.();
  }
}

/** Reads more chunks until `isComplete`. */
async function read(
  source: AsyncIterator<Uint8Array>,
  before: Uint8Array,
  isComplete: (bytes: Uint8Array) => boolean,
): Promise<Uint8Array> {
  let bytes = before;
  while (!isComplete(bytes)) {
    const { value, done } = await source.next();
    if (done) break;
    // A copy: the chunk may be a window on memory that its owner fills again.
    bytes = Buffer.concat([bytes, value]);
  }
  return bytes;
}

function readerOf(head: Uint8Array, { maxLineBytes }: LineOptions) {
  const isOneList = isList(head) && !head.subarray(0, maxLineBytes + 1).includes(NEWLINE);
  if (isOneList) return head.length > maxLineBytes ? readJson : readLines;
  const kind = contentKindOf(isList(head) ? head : head.subarray(0, HEAD_BYTES));
  if (kind === 'csv') return readCsv;
  if (kind === 'zeek-log') return readZeekLog;
  return kind === 'json' ? readJson : readLines;
}

async function* inUtf8(chunks: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}

async function* joined(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  for (;;) {
    const { value, done } = await rest.next();
    if (done) return;
    yield value;
  }
}
